package render

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"hash/maphash"
	"html/template"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A Press renders one topic again and again. It keeps what it made of each
// filing, so that a topic in which one story changed costs little more than
// that story. It is not safe for concurrent use.
type Press struct {
	plates  map[string]*plate // by the filing's id
	printed map[string][]byte // the documents in which the plates' parts stand, by ETag
}

// A plate is one filing in all forms, each made when it is first needed. Key
// stands for everything that it was made from. When all are made the entry's body
// goes, of which no more than they is needed.
type plate struct {
	key             uint64
	entry           entry
	rss, atom, json *part
	page            template.HTML
}

// A part is what one filing is of a document. Once it stands in one its text is that
// place of it, so that there is no second copy of all that is published. Its sum is
// kept with it: a document is summed up by its parts, of which most are as they were.
type part struct {
	text []byte
	sum  [sha256.Size]byte // of text, in JSON with the separator before it
}

func newPart(text []byte) *part { return &part{text, sha256.Sum256(text)} }

// A layout is a channel with the plates of its filings in their order.
type layout struct {
	site     Site
	ch       Channel
	plates   []*plate
	modified time.Time         // when the newest of the filings changed
	printed  map[string][]byte // documents that were made before, by ETag
}

// seed is that of the keys of plates: they are compared within the process.
var seed = maphash.MakeSeed()

// Documents renders a channel in all three formats and as a page, and sums it
// up for the front page. The bytes are those of RSS, Atom, JSON and TopicPage.
func (p *Press) Documents(site Site, ch Channel) ([]news.Document, Summary, error) {
	l := lay(site, ch, p.plates)
	l.printed = p.printed
	var docs []news.Document
	for _, form := range []func() (news.Document, error){l.rss, l.atom, l.json, l.page} {
		doc, err := form()
		if err != nil {
			return nil, Summary{}, err
		}
		docs = append(docs, doc)
	}
	p.plates, p.printed = make(map[string]*plate, len(l.plates)), map[string][]byte{}
	for _, pl := range l.plates {
		pl.entry.html, pl.entry.text = "", ""
		p.plates[pl.entry.id] = pl
	}
	for _, doc := range docs {
		p.printed[doc.ETag] = doc.Body
	}
	return docs, l.summary(), nil
}

// Archive renders a page of a topic's archive in all three formats, the newest
// publication first.
func Archive(site Site, ch Channel) ([]news.Document, error) {
	ch.Filed = slices.Clone(ch.Filed)
	slices.SortStableFunc(ch.Filed, func(a, b news.Filed) int {
		return cmp.Or(b.Published.Compare(a.Published), cmp.Compare(a.Key, b.Key))
	})
	l := lay(site, ch, nil)
	content := map[string]news.ContentPolicy{}
	for _, f := range ch.Filed {
		if len(f.Members) > 0 {
			content[f.Members[0].Outlet.Source] = policy(ch.Topic, f.Members[0].Outlet)
		}
	}
	var docs []news.Document
	for _, form := range []func() (news.Document, error){l.rss, l.atom, l.json} {
		doc, err := form()
		if err != nil {
			return nil, err
		}
		doc.Content = content
		docs = append(docs, doc)
	}
	return docs, nil
}

// lay brings the filings of a channel to the model, but for those of which a
// plate is kept.
func lay(site Site, ch Channel, kept map[string]*plate) *layout {
	l := &layout{site: site, ch: ch}
	under := fmt.Sprint(site, ch.Topic.Content, ch.private())
	for i := range ch.Filed {
		filed := &ch.Filed[i]
		if len(filed.Members) == 0 {
			continue
		}
		pl := kept[filed.ID]
		if key := keyOf(under, filed); pl == nil || pl.key != key {
			pl = &plate{key: key, entry: newEntry(site, ch.Topic, filed)}
		}
		l.plates = append(l.plates, pl)
		for _, t := range []time.Time{pl.entry.updated, filed.FirstFiled.UTC().Truncate(time.Second)} {
			if t.After(l.modified) {
				l.modified = t
			}
		}
	}
	return l
}

// keyOf stands for a filing with its members, published under the same site
// and topic. The place of a record in the log stands for its item.
func keyOf(under string, filed *news.Filed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	text := func(s string) {
		maphash.WriteComparable(&h, len(s))
		h.WriteString(s)
	}
	number := func(n int64) { maphash.WriteComparable(&h, n) }
	text(under)
	text(filed.ID)
	text(filed.Story)
	for _, t := range []time.Time{filed.Published, filed.Updated, filed.FirstFiled} {
		number(t.Unix())
	}
	number(int64(filed.Families))
	for i := range filed.Members {
		m := &filed.Members[i]
		d, o := &m.Decision, &m.Outlet
		number(m.Record.Seq)
		number(int64(m.Record.Revision))
		maphash.WriteComparable(&h, d.Score)
		for _, s := range []string{
			string(d.Kind), d.Copies, d.Family, d.Evidence.Rule, o.Source, o.Title, o.Feed, o.FeedID, o.Link, o.Family, o.Language,
			o.Rights, o.Icon, string(o.Content), m.Record.Item.Hash,
		} {
			text(s)
		}
	}
	return h.Sum64()
}

// splice puts what of returns for each plate into a shell, before the last end;
// between stands before each, without its first byte before the first. The tag is
// that of the document: it follows from the shell and the parts, hence from the
// bytes. A document that was made before is not put together again.
func (l *layout) splice(shell []byte, between, end string, of func(*plate) (*part, error)) (body []byte, tag string, err error) {
	at := bytes.LastIndex(shell, []byte(end))
	parts, texts := make([]*part, len(l.plates)), make([][]byte, 1, 2+2*len(l.plates))
	texts[0] = shell[:at]
	sum := sha256.New()
	sum.Write(shell[:at]) // never fails
	lead := []byte(between)
	for i, pl := range l.plates {
		p, err := of(pl)
		if err != nil {
			return nil, "", err
		}
		parts[i] = p
		texts = append(texts, lead, p.text)
		sum.Write(p.sum[:])
	}
	if len(parts) > 0 && len(lead) > 0 {
		texts[1] = lead[1:]
	}
	sum.Write(shell[at:])
	tag = tagOf(sum.Sum(nil))
	body, made := l.printed[tag]
	if !made {
		body = bytes.Join(append(texts, shell[at:]), nil)
	}
	for i, p := range parts {
		start := at + len(texts[1+2*i])
		at = start + len(p.text)
		p.text = body[start:at:at]
	}
	return body, tag, nil
}
