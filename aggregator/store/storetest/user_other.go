//go:build !unix

package storetest

import "syscall"

// another lets a program run as the user of this process: here nobody is root.
func another(_, _ int) *syscall.SysProcAttr { return nil }
