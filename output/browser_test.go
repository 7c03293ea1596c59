package output_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/browser"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// chromium starts Chromium for a minute.
func chromium(t *testing.T) context.Context {
	t.Helper()
	// A page takes a second of a quiet machine; what hangs is to be told by the
	// test, before go test ends all of it.
	ctx, cancel := context.WithTimeout(browser.Start(t), 6*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// newsroom serves the pages of an invented topic of sixty stories.
func newsroom(t *testing.T) (address string, paths []string) {
	t.Helper()
	var site render.Site
	var ch render.Channel
	server := serve.New(serve.Options{
		Log: slog.New(slog.DiscardHandler),
		Search: func(_ context.Context, path, query string) (news.Document, error) {
			if query != "ferry" {
				return render.Search(site, path, query, nil)
			}
			return render.Search(site, path, query, ch.Filed)
		},
	})
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)
	site = render.Site{BaseURL: web.URL, Title: "The Example Desk", Version: "1.0", Search: true}
	ch = render.Channel{Topic: news.Topic{Name: "city", Title: "City & port", Description: "What moves on the coast"}}
	start := time.Date(2026, 3, 14, 15, 0, 0, 0, time.UTC)
	for i := range 60 {
		at := start.Add(-time.Duration(i) * time.Hour)
		f := news.Filed{Filing: news.Filing{ID: fmt.Sprintf("tag:example.org,2026:%d", i), Story: fmt.Sprintf("s%d", i), Published: at, Updated: at, FirstFiled: at}}
		for k, name := range []string{"Harbour Times", "Inland Post, the Weekly Advertiser of the Upper Valley and the Küstenschifffahrtsgenossenschaftsnachrichten", "The Quay"} {
			f.Members = append(f.Members, news.Member{
				Outlet: news.Outlet{Source: fmt.Sprint("o", k), Title: name, Family: fmt.Sprint("o", k), Link: "https://o.example/"},
				Record: news.Record{Item: news.Item{
					Source: fmt.Sprint("o", k), ID: fmt.Sprint(i), Canonical: fmt.Sprintf("https://o.example/%d/%d", i, k),
					Title:    "Ferry and tram lines meet at the old pier after nine years of building, and one ticket is good for both",
					Excerpt:  strings.Repeat("Passengers who had waited since dawn did not find it small at all. ", 4),
					Language: "en", Published: at, FirstSeen: at,
				}},
				Decision: news.Decision{Kind: []news.Kind{news.KindNew, news.KindCopy, news.KindReport}[k]},
			})
		}
		ch.Filed = append(ch.Filed, f)
	}
	docs, summary, err := new(render.Press).Documents(site, ch)
	if err != nil {
		t.Fatal(err)
	}
	topic := docs[len(docs)-1]
	index, err := render.IndexPage(site, []render.Summary{summary}, render.Answers{}, "")
	if err != nil {
		t.Fatal(err)
	}
	story, err := render.StoryPage(site, news.Story{ID: "s0", Members: ch.Filed[0].Members}, []news.Topic{ch.Topic})
	if err != nil {
		t.Fatal(err)
	}
	sources, err := render.SourcesPages(site, []render.SourceStatus{
		{Outlet: ch.Filed[0].Members[0].Outlet, State: news.State{Schedule: "*/10 * * * *", Rhythm: []int{3, 1, 4}, Outcome: news.OutcomeNew, LastSuccess: start}},
		{Outlet: ch.Filed[0].Members[1].Outlet, State: news.State{Outcome: news.OutcomeHTTP5xx, Status: 503, Failures: 9, Error: strings.Repeat("a-long-word-", 30)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	errorPages, err := render.ErrorPages(site)
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range slices.Concat([]news.Document{topic, index, story}, sources, errorPages) {
		if len(doc.Body) > 100_000 {
			t.Errorf("%s has %d bytes", doc.Path, len(doc.Body))
		}
		server.Set(doc)
		paths = append(paths, doc.Path)
	}
	server.Set(render.Assets()...)
	return web.URL, paths
}

// complaints collects what the browser has to say against a page: refused by
// its policy, not found, or thrown; and requests to other hosts.
func complaints(t *testing.T, ctx context.Context, address string) func() []string {
	t.Helper()
	var mu sync.Mutex
	var list []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if !strings.HasPrefix(e.Entry.URL, address+"/errors/") { // where nothing is, but for what says so
				list = append(list, e.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			list = append(list, e.ExceptionDetails.Text)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, address) {
				list = append(list, "asks for "+e.Request.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return list
	}
}

// ask evaluates a script in the page.
func ask[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return v
}

func command[P, R any](t *testing.T, ctx context.Context, cmd cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(ctx, cmd, params); err != nil {
		t.Fatal(err)
	}
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func TestPagesInABrowser(t *testing.T) {
	ctx := chromium(t)
	address, paths := newsroom(t)
	said := complaints(t, ctx, address)
	command(t, ctx, network.Enable, network.EnableParams{})
	command(t, ctx, log.Enable, cdp.Empty{})
	for _, width := range []int64{360, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			command(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			for _, path := range paths {
				do(t, ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(address+path))
				overflow := ask[int](t, ctx, `document.documentElement.scrollWidth - innerWidth`)
				headings := ask[int](t, ctx, `document.querySelectorAll("h1").length`)
				landmarks := ask[int](t, ctx, `document.querySelectorAll("body > header, body > main, body > footer").length`)
				paper := ask[string](t, ctx, `getComputedStyle(document.body).backgroundColor`)
				do(t, ctx, chromedp.KeyEvent("\t"))
				first := ask[string](t, ctx, `document.activeElement.getAttribute("href") || ""`)
				if overflow > 0 || headings != 1 || landmarks != 3 || first != "#main" {
					t.Errorf("%s at %d: %d px too wide, %d main headings, %d landmarks, Tab goes to %q first", path, width, overflow, headings, landmarks, first)
				}
				if light := strings.HasPrefix(paper, "rgb(25"); light != (scheme == "light") {
					t.Errorf("%s in %s: paper %s", path, scheme, paper)
				}
			}
		}
	}
	if list := said(); len(list) > 0 {
		t.Errorf("the browser complains: %q", list)
	}
}

func TestSubscribingInABrowser(t *testing.T) {
	ctx := chromium(t)
	address, _ := newsroom(t)
	const buttons = `[...document.querySelectorAll("[data-copy]")].filter(b => !b.hidden).length`
	do(t, ctx, chromedp.Navigate(address+"/topics/city"), chromedp.Click("details.subscribe > summary"), chromedp.WaitVisible("#feed-atom"))
	if got := ask[string](t, ctx, `document.getElementById("feed-atom").value`); got != address+"/topics/city.atom" {
		t.Errorf("the address to copy is %q", got)
	}
	if n := ask[int](t, ctx, buttons); n != 3 {
		t.Errorf("%d buttons copy an address, want 3", n)
	}
	// Without scripts the addresses are there to be copied by hand.
	command(t, ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	do(t, ctx, chromedp.Navigate(address+"/topics/city"), chromedp.Click("details.subscribe > summary"), chromedp.WaitVisible("#feed-rss"))
	command(t, ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
	if n := ask[int](t, ctx, buttons); n != 0 {
		t.Errorf("%d buttons that do nothing", n)
	}
	if n := ask[int](t, ctx, `document.querySelectorAll("article.story").length`); n < 40 {
		t.Errorf("%d stories are shown", n)
	}
}
