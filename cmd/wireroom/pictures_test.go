package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/cmd/wireroom/newsroom"
	"github.com/wireroom/wireroom/internal/built"
)

// maxPicture is the size of a picture, in bytes, that a README may load.
const maxPicture = 200_000

// TestPictures takes the pictures of the documents from the demo, by the
// newsroom's clock at half past three. It is run by "make pictures", which
// names the folder to write to.
func TestPictures(t *testing.T) {
	dir := os.Getenv("WIREROOM_PICTURES")
	if dir == "" {
		t.Skip("pictures are taken by make pictures")
	}
	ctx, stop := context.WithCancel(t.Context())
	said, ended := &built.Log{}, make(chan error, 1)
	d := demo{listen: "127.0.0.1:0", room: newsroom.Options{
		Midnight: time.Date(2026, time.March, 14, 0, 0, 0, 0, time.UTC), Until: 15*time.Hour + 30*time.Minute, Speed: 600,
	}}
	go func() { ended <- d.play(ctx, terminal{nil, said, said}) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	address := regexp.MustCompile(`Open (\S+)/topics/news`)
	await(t, 10*time.Second, "listening", func() bool { return address.MatchString(said.String()) })
	base := address.FindStringSubmatch(said.String())[1]
	story := ""
	await(t, 2*time.Minute, "the last report of the afternoon published", func() bool {
		body, ok := get(base + "/topics/news.json")
		story = regexp.MustCompile(`/stories/[a-z0-9]+`).FindString(section(body, "School astronomy club"))
		return ok && strings.Contains(string(body), "Galdós breaks Rovers") && story != ""
	})
	time.Sleep(5 * time.Second) // every source has been asked once more
	for name, path := range map[string]string{"topic": "/topics/confirmed", "story": story, "sources": "/sources"} {
		picture := filepath.Join(dir, name+".png")
		cmd := exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
			"--user-data-dir="+t.TempDir(), "--window-size=1200,1000", "--screenshot="+picture, base+path)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if info, err := os.Stat(picture); err != nil || info.Size() > maxPicture {
			t.Errorf("%s: %v, or larger than %d bytes", picture, err, maxPicture)
		}
	}
}

// section is the item of a JSON Feed whose title begins so.
func section(feed []byte, title string) string {
	var f struct {
		Items []json.RawMessage
	}
	_ = json.Unmarshal(feed, &f) // of what is no feed nothing is found
	for _, it := range f.Items {
		var head struct{ Title string }
		if json.Unmarshal(it, &head) == nil && strings.HasPrefix(head.Title, title) {
			return string(it)
		}
	}
	return ""
}
