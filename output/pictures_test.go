package output_test

import (
	"bytes"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// TestPicturesInABrowser opens a topic with a picture under each policy: only
// where the reader's browser is to load it from the outlet, it does.
func TestPicturesInABrowser(t *testing.T) {
	ctx := chromium(t)
	var dot bytes.Buffer
	if err := png.Encode(&dot, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	outlet := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Write(dot.Bytes())
	}))
	t.Cleanup(outlet.Close)
	picture := outlet.URL + "/pier.png"
	item := news.Item{
		Source: "quay", ID: "1", Canonical: "https://quay.example/1", Title: "Ferry and tram meet", Language: "en",
		Image: &news.Image{URL: picture, Alt: "A pier"}, Published: time.Date(2026, 3, 14, 15, 0, 0, 0, time.UTC),
	}
	for policy, want := range map[render.ImagePolicy]struct{ pictures, links []string }{
		render.ImagesNone: {}, render.ImagesLink: {nil, []string{picture}}, "": {nil, []string{picture}}, render.ImagesDirect: {[]string{picture}, nil},
	} {
		asked.Store(0)
		server := serve.New(serve.Options{Log: slog.New(slog.DiscardHandler), RemoteImages: policy == render.ImagesDirect})
		web := httptest.NewServer(server.Handler())
		page, err := render.TopicPage(render.Site{BaseURL: web.URL, Images: policy}, render.Channel{
			Topic: news.Topic{Name: "city", Title: "City"},
			Filed: []news.Filed{{
				Filing:  news.Filing{ID: "tag:example.org,2026:1", Story: "s1", Published: item.Published, Updated: item.Published},
				Members: []news.Member{{Outlet: news.Outlet{Source: "quay", Title: "The Quay"}, Record: news.Record{Item: item}}},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		server.Set(append(render.Assets(), page)...)
		do(t, ctx, chromedp.EmulateViewport(360, 800), chromedp.Navigate(web.URL+"/topics/city"))
		// Pictures may come after the page.
		shown, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`Promise.allSettled([...document.images].map(i => i.decode())).then(() =>
			[...document.images].filter(i => i.naturalWidth == 3 && i.alt == "A pier").map(i => i.src))`, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		links := ask[[]string](t, ctx, `[...document.querySelectorAll(".story .meta a")].map(a => a.href)`)
		if !slices.Equal(shown, want.pictures) || !slices.Equal(links, want.links) || int(asked.Load()) != len(want.pictures) {
			t.Errorf("%q: pictures %q, links %q, and the outlet was asked %d times", policy, shown, links, asked.Load())
		}
		// A page that names a picture all the same does not get it.
		if policy != render.ImagesDirect {
			refused, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`new Promise(done => {
				const i = new Image(); i.onload = () => done(false); i.onerror = () => done(true); i.src = "`+picture+`"
			})`, chromedp.EvalAwaitPromise))
			if err != nil || !refused || asked.Load() != 0 {
				t.Errorf("%q: a picture that is named is refused: %v, %v; the outlet was asked %d times", policy, refused, err, asked.Load())
			}
		}
		web.Close()
	}
}
