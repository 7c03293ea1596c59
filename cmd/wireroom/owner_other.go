//go:build !unix

package main

import "os"

func ownerOf(os.FileInfo) string { return "somebody else" }
