//go:build !unix

package main

import "os"

func turn(string) (done func()) { return func() {} }

func alone(string) (done func(), ok bool) { return func() {}, true }

func own(*os.File, os.FileInfo) error { return nil }

func ownerOf(os.FileInfo) string { return "somebody else" }
