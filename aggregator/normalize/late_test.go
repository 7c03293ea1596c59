package normalize

import "testing"

// TestLatePictures: a picture that pages show late, or by a list of its sizes alone,
// is the one that is published, and not what stands in its place.
func TestLatePictures(t *testing.T) {
	const img = `<img src="https://www.gazette.example/p.jpg"`
	for in, want := range map[string]string{
		`<img class="a Lazyload" src="/blank.gif" data-src="/p.jpg" width="600">`: img + ` width="600">`,
		`<img class="lazy" src="/p.jpg">`:                                         img + ">",
		`<img src="/p.jpg" data-src="/large.jpg">`:                                img + ">",
		`<img src="data:image/gif;base64,x" data-original="/p.jpg">`:              img + ">",
		`<img src="#" data-src="/p.jpg">`:                                         img + ">",
		`<img src="#"><img src=" #top ">`:                                         "",
		`<img alt="A pier" srcset="/p.jpg 320w, /q.jpg 640w">`: img + ` alt="A pier" srcset="https://www.gazette.example/p.jpg 320w, ` +
			`https://www.gazette.example/q.jpg 640w">`,
		`<img class="lazyload" data-srcset="/p.jpg, /q.jpg 2x" alt="A pier">`:                          img + ` alt="A pier">`,
		`<img class="lazy" data-lazy-src="https://pixel.wp.com/b.gif"><img data-src="javascript:x()">`: "",
	} {
		if it := itemOf(in); it.HTML != want {
			t.Errorf("%s\n became %s, want\n%s", in, it.HTML, want)
		} else if want != "" && (it.Image == nil || it.Image.URL != "https://www.gazette.example/p.jpg") {
			t.Errorf("%s: the picture is %+v", in, it.Image)
		}
	}
}

// TestDrawnSigns: a picture of an emoji is the emoji.
func TestDrawnSigns(t *testing.T) {
	const smile = `<img src="https://s.w.org/images/core/emoji/15.0.3/72x72/1f600.png" alt="😀" class="wp-smiley" style="height: 1em; max-height: 1em;" />`
	it := itemOf("<p>Good news " + smile + " today</p><img src=/p.jpg>")
	if want := "<p>Good news 😀 today</p><img src=\"https://www.gazette.example/p.jpg\">"; it.HTML != want || it.Text != "Good news 😀 today" || it.Image == nil || it.Image.URL != "https://www.gazette.example/p.jpg" {
		t.Errorf("%s\n%q, picture %+v", it.HTML, it.Text, it.Image)
	}
	for _, other := range []string{`<img class="emoji" alt=":wave:" src="/w.png">`, `<img class="emoji" src="/w.png">`, `<img alt="😀" src="/w.png">`} {
		if it := itemOf(other); it.Image == nil {
			t.Errorf("%s became %s", other, it.HTML)
		}
	}
}
