package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// denied says of a file that this user may not read, or write, whose it is and what
// can be done. Other errors stay as they are.
func denied(path, verb string, err error) error {
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s cannot be written: %w; edit it where it is mounted from", path, err)
	case !errors.Is(err, fs.ErrPermission):
		return err
	}
	user := fmt.Sprintf("user %d may not %s %s", os.Getuid(), verb, path)
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("%s: the folder lets only others in; give that user leave, or name another file with --config", user)
	}
	return fmt.Errorf("%s, which belongs to %s with the mode %s: let that user %s it with chmod or chgrp, or run this as its owner",
		user, ownerOf(info), info.Mode().Perm(), verb)
}
