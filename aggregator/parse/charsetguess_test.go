package parse

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/htmlindex"
)

// spoken are short texts and the charsets that their language was written in.
var spoken = []struct {
	language, title, text string
	charsets              []string
	unsaid                bool // told without a word on the language, too
}{
	{"ru", "Президент провёл переговоры о мире", "Сегодня в столице прошли переговоры.", []string{"windows-1251", "koi8-r", "iso-8859-5", "ibm866"}, true},
	{"uk", "Президент провів переговори про мир", "Сьогодні у столиці відбулися переговори.", []string{"windows-1251", "koi8-u"}, true},
	{"bg", "Президентът проведе разговори за мир", "Днес в столицата се проведоха разговори.", []string{"windows-1251"}, true},
	{"el", "Ο πρόεδρος συναντήθηκε με τον υπουργό", "Σήμερα στην πρωτεύουσα έγιναν συνομιλίες.", []string{"windows-1253"}, true},
	{"he", "הנשיא נפגש עם השר", "היום התקיימו שיחות בבירה", []string{"windows-1255"}, true},
	{"ar", "الرئيس يلتقي وزير الخارجية", "جرت اليوم محادثات في العاصمة حول السلام", []string{"windows-1256", "iso-8859-6"}, true},
	{"th", "ประธานาธิบดีพบรัฐมนตรี", "วันนี้มีการประชุมในเมืองหลวง", []string{"windows-874"}, true},
	{"pl", "Prezydent spotkał się z ministrem w Łodzi", "Dziś odbyły się ważne rozmowy. Będą też następne, źródła mówią o środzie.", []string{"windows-1250"}, false},
	{"tr", "Cumhurbaşkanı bakanla görüştü", "Bugün başkentte önemli görüşmeler yapıldı, sözcü açıkladı. Çağrı yapılacağı bildirildi.", []string{"windows-1254"}, false},
	{"lt", "Prezidentas susitiko su užsienio ministru", "Šiandien įvyko svarbios derybos. Rytoj tęsis žygis į ąžuolyną.", []string{"windows-1257"}, false},
	{"ja", "大統領が外務大臣と会談した", "今日、首都で重要な会談が行われたと報道官が明らかにした。", []string{"shift_jis", "euc-jp", "iso-2022-jp"}, false},
	{"zh", "总统会见外交部长", "今天在首都举行了重要会谈，发言人表示。", []string{"gbk"}, false},
	{"ko", "대통령이 외교부 장관을 만났다", "오늘 수도에서 중요한 회담이 열렸다고 대변인이 밝혔다.", []string{"euc-kr"}, false},
}

// TestCharsetUnsaid gives feeds in legacy charsets that they do not name, or
// name wrongly.
func TestCharsetUnsaid(t *testing.T) {
	for _, s := range spoken {
		for _, charset := range s.charsets {
			for _, declared := range []string{"", ` encoding="utf-8"`, ` encoding="ISO-8859-1"`} {
				for _, said := range []string{"<language>" + s.language + "</language>", ""} {
					if said == "" && !s.unsaid {
						continue
					}
					doc := fmt.Sprintf(`<?xml version="1.0"%s?><rss version="2.0"><channel><title>News</title>%s<item><title>%s</title><description>%s</description></item></channel></rss>`,
						declared, said, s.title, s.text)
					got, name := decodeBytes(encodeAs(t, doc, charset), "", nil)
					if !strings.Contains(got, s.title) || !strings.Contains(got, s.text) {
						t.Errorf("%s in %s, declared %q, language %q: read as %s", s.language, charset, declared, said, name)
					}
				}
			}
		}
	}
}

// encodeAs writes a text in a charset.
func encodeAs(t *testing.T, text, charset string) []byte {
	t.Helper()
	enc, known := encodings[charset]
	if !known {
		var err error
		if enc, err = htmlindex.Get(charset); err != nil {
			t.Fatal(err)
		}
	}
	out, err := enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", charset, err)
	}
	return out
}

// TestCharsetOfWesternTexts sees that accents are not taken for another script.
func TestCharsetOfWesternTexts(t *testing.T) {
	for _, text := range []string{
		"Präsident trifft Außenminister; über Gespräche wird später berichtet, heißt es",
		"Le président a rencontré le ministre à l'été où des négociations ont été tenues",
		"Mañana habrá más negociación, según señaló el año pasado", "A reunião não foi anunciada; é o início de várias ações",
	} {
		got, name := decodeBytes(encodeAs(t, "<rss><channel><title>"+text+"</title></channel></rss>", "windows-1252"), "", nil)
		if !strings.Contains(got, text) {
			t.Errorf("%q: read as %s: %q", text, name, got)
		}
	}
}

// TestCharsetByItsOtherNames gives short feeds that name their charset as Python, PHP
// and others do.
func TestCharsetByItsOtherNames(t *testing.T) {
	for name, c := range map[string]struct{ charset, title string }{
		"cp932": {"shift_jis", "会談"}, "SJIS-win": {"shift_jis", "港の火事"}, "eucJP-win": {"euc-jp", "会談"}, "cp936": {"gbk", "会见"}, "CP950": {"big5", "會見"},
		"MS949": {"euc-kr", "회담"}, "UHC": {"euc-kr", "회담"}, "koi8r": {"koi8-r", "Мир"}, "windows1251": {"windows-1251", "Мир"}, "win-1251": {"windows-1251", "Мир"},
		"gbk": {"gbk", "目录树"}, // of which the first half would be UTF-8
	} {
		doc := fmt.Sprintf(`<?xml version="1.0" encoding="%s"?><rss version="2.0"><channel><title>%s</title></channel></rss>`, name, c.title)
		if got, as := decodeBytes(encodeAs(t, doc, c.charset), "", nil); !strings.Contains(got, c.title) {
			t.Errorf("%s: read as %s: %q", name, as, got)
		}
	}
}

// TestCleanAtEachPlace: a character that is to be dropped or read otherwise is found
// wherever it stands, whatever stands around it.
func TestCleanAtEachPlace(t *testing.T) {
	around := []string{"a", "é", "\n", "\u00a0", "\u2019", "\ufffd", "あ"}
	for bad, good := range map[string]string{"\x01": "", "\x1f": "", "\ufffe": "", "\uffff": "", "\u0080": "\u20ac", "\u009f": "\u0178"} {
		for _, a := range around {
			for before := range 20 {
				head, tail := strings.Repeat(a, before), strings.Repeat(a, 20-before)
				if text, dropped, moved := clean(head + bad + tail); text != head+good+tail || dropped+moved != 1 {
					t.Errorf("%q is read as %q, %d dropped and %d moved", head+bad+tail, text, dropped, moved)
				}
			}
		}
		if text, _, _ := clean(bad); text != good {
			t.Errorf("%q is read as %q", bad, text)
		}
	}
	for _, a := range around {
		s := strings.Repeat(a, 21)
		if text, dropped, moved := clean(s); text != s || dropped+moved != 0 {
			t.Errorf("%q is read as %q", s, text)
		}
	}
}
