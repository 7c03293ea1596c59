package main

import (
	"context"
	"io"
	"sync"
)

// An input is a reader that gives up when its context is done: a read of a
// terminal or of a silent pipe would otherwise outlast every signal. Nothing is
// read from r before somebody asks.
type input struct {
	ctx   context.Context
	r     io.Reader
	begin sync.Once
	pipe  *io.PipeReader
}

// Read implements io.Reader.
func (in *input) Read(p []byte) (int, error) {
	in.begin.Do(func() {
		var w *io.PipeWriter
		in.pipe, w = io.Pipe()
		context.AfterFunc(in.ctx, func() { w.CloseWithError(context.Cause(in.ctx)) })
		go func() {
			_, err := io.Copy(w, in.r)
			w.CloseWithError(err)
		}()
	})
	return in.pipe.Read(p)
}
