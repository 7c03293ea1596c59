//go:build unix

package storetest

import "syscall"

// another lets a program run as another user.
func another(uid, gid int) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}
