package bench

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// A press makes feeds. The same numbers always give the same bytes.
type press struct {
	lang  *language
	feeds int
	now   time.Time // when the newest entries are from
	names int       // that each telling word stands for; 0: for itself
}

// An outlet is what is fixed of a feed.
type outlet struct {
	number  int
	entries int           // of its document
	pace    time.Duration // between two entries
	atom    bool
}

// outlet draws the manners of a feed: 25 to 50 entries, and a pace between one
// in half an hour and one in a month.
func (p *press) outlet(number int) outlet {
	rng := rand.New(rand.NewPCG(uint64(number), 2))
	pace := 0.5 * math.Pow(1440, rng.Float64())
	return outlet{number, 25 + rng.IntN(26), time.Duration(pace * float64(time.Hour)), number%2 == 1}
}

// An entry is one of a feed, by its number: 0 is the oldest of the first
// document.
type entry struct {
	id, link, title, teaser, body string
	at                            time.Time
}

// entry writes one. A third report an event that others report as well, and one
// in twenty is an agency's text.
func (p *press) entry(o outlet, n int) entry {
	key := uint64(o.number)<<24 | uint64(n)
	own := rand.New(rand.NewPCG(key, 3))
	at := p.now.Add(-time.Duration(float64(o.pace) * (float64(o.entries-1-n) + own.Float64())))
	if n >= o.entries { // new since the first document
		at = p.now.Add(-time.Duration(own.IntN(600)) * time.Second)
	}
	subject, text := key|1<<63, own
	switch chance := own.IntN(60); {
	case chance < 3:
		subject = uint64(own.IntN(1 + p.feeds/2))
		text = rand.New(rand.NewPCG(subject, 4))
	case chance < 20:
		subject = uint64(own.IntN(1 + 3*p.feeds))
	}
	e := p.event(subject)
	host := fmt.Sprintf("https://outlet%d.example", o.number)
	return entry{
		id: fmt.Sprintf("tag:outlet%d.example,2026:%d", o.number, n), link: fmt.Sprintf("%s/%d/%s-%s?utm_source=feed", host, n, e[0], e[1]),
		title: p.lang.title(own, e), teaser: p.lang.teaser(text, e), body: p.lang.body(text, e, 1000+text.IntN(3000)), at: at,
	}
}

// event is what a subject's reports are about.
func (p *press) event(subject uint64) event {
	e := p.lang.event(subject)
	if p.names == 0 {
		return e
	}
	rng := rand.New(rand.NewPCG(subject, 5))
	for i := range e {
		n := rng.IntN(p.names)
		e[i] += string([]byte{'a' + byte(n%26), 'a' + byte(n/26)})
	}
	return e
}

// document is a feed with added entries since the first, the newest before all
// others, and as many as ever.
func (p *press) document(number, added int) []byte {
	o := p.outlet(number)
	var b bytes.Buffer
	b.Grow(o.entries * 4 << 10)
	title := fmt.Sprintf("Outlet %d", number)
	if o.atom {
		fmt.Fprintf(&b, `<?xml version="1.0" encoding="utf-8"?>`+"\n"+`<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>%s</title><id>tag:outlet%d.example,2026:feed</id><link href="https://outlet%d.example/"/><link rel="self" href="https://outlet%d.example/atom.xml"/><updated>%s</updated>`+"\n",
			title, number, number, number, p.entry(o, o.entries+added-1).at.Format(time.RFC3339))
	} else {
		fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>%s</title><link>https://outlet%d.example/</link><atom:link href="https://outlet%d.example/rss.xml" rel="self"/><description>What outlet %d reports</description><language>en</language>`+"\n",
			title, number, number, number)
	}
	for n := o.entries + added - 1; n >= added; n-- {
		if e := p.entry(o, n); o.atom {
			b.WriteString("<entry><title>" + html.EscapeString(e.title) + "</title><id>" + e.id + `</id><link href="` + html.EscapeString(e.link) + `"/><published>` + e.at.Format(time.RFC3339) + "</published><updated>" + e.at.Format(time.RFC3339) + "</updated><author><name>Ann Lee</name></author><category term=\"news\"/><summary>" + e.teaser + `</summary><content type="html">` + html.EscapeString(e.body) + "</content></entry>\n")
		} else {
			b.WriteString("<item><title>" + html.EscapeString(e.title) + "</title><link>" + html.EscapeString(e.link) + `</link><guid isPermaLink="false">` + e.id + "</guid><pubDate>" + e.at.Format(time.RFC1123Z) + "</pubDate><dc:creator>Ann Lee</dc:creator><category>news</category><description>" + e.teaser + "</description><content:encoded><![CDATA[" + e.body + "]]></content:encoded></item>\n")
		}
	}
	if o.atom {
		b.WriteString("</feed>\n")
	} else {
		b.WriteString("</channel></rss>\n")
	}
	return b.Bytes()
}

// packed is a document as it goes over the wire.
func packed(doc []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		panic(err) // only for a level that does not exist
	}
	w.Write(doc) // into memory, which takes everything
	w.Close()
	return out.Bytes()
}

// sources writes the configuration of feeds as far as the program needs it.
func sources(b *strings.Builder, origin string, feeds int) {
	b.WriteString("sources:\n")
	for i := range feeds {
		fmt.Fprintf(b, "  %s: {url: %q, tags: [t%d]}\n", sourceName(i), feedURL(origin, i), i%8)
	}
}

func sourceName(i int) string { return fmt.Sprintf("outlet-%05d", i) }

func feedURL(origin string, i int) string { return fmt.Sprintf("%s/feed/%d", origin, i) }
