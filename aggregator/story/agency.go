package story

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// agencies are the marks of news agencies in datelines, folded to lower case,
// with the domain that they publish under: an agency's text is counted as the
// agency's, whether it came by way of another outlet or from its own feed.
var agencies = map[string]string{
	"reuters": "reuters.com", "thomson reuters": "reuters.com", "reuters health": "reuters.com", "рейтер": "reuters.com",
	"ap": "apnews.com", "associated press": "apnews.com", "the associated press": "apnews.com",
	"afp": "afp.com", "agence france-presse": "afp.com", "relaxnews": "afp.com", "афп": "afp.com",
	"tass": "tass.com", "тасс": "tass.com", "itar-tass": "tass.com", "итар-тасс": "tass.com",
	"interfax": "interfax.ru", "интерфакс": "interfax.ru", "interfax-ukraine": "interfax.com.ua", "интерфакс-украина": "interfax.com.ua",
	"ria novosti": "ria.ru", "риа новости": "ria.ru", "sputnik": "sputniknews.com",
	"dpa": "dpa.com", "epa": "epa.eu", "ansa": "ansa.it", "efe": "efe.com", "europa press": "europapress.es", "lusa": "lusa.pt",
	"apa": "apa.at", "sda": "keystone-sda.ch", "keystone-sda": "keystone-sda.ch", "belga": "belga.be", "anp": "anp.nl", "ntb": "ntb.no", "tt": "tt.se", "ritzau": "ritzau.com",
	"pap": "pap.pl", "ctk": "ctk.cz", "čtk": "ctk.cz", "mti": "mti.hu", "ukrinform": "ukrinform.net", "укринформ": "ukrinform.net", "укрінформ": "ukrinform.net", "unian": "unian.net", "унн": "unn.com.ua", "belta": "belta.by", "белта": "belta.by",
	"xinhua": "news.cn", "新华社": "news.cn", "新华网": "news.cn", "kyodo": "kyodonews.net", "jiji": "jiji.com", "yonhap": "yna.co.kr", "bernama": "bernama.com", "antara": "antaranews.com", "vna": "vnanet.vn",
	"pti": "ptinews.com", "ani": "aninews.in", "ians": "ians.in", "uni": "uniindia.com", "app": "app.com.pk",
	"anadolu": "aa.com.tr", "anadolu agency": "aa.com.tr", "aa": "aa.com.tr", "irna": "irna.ir", "isna": "isna.ir", "tna": "taghribnews.com", "wam": "wam.ae", "spa": "spa.gov.sa", "mena": "mena.org.eg", "sana": "sana.sy", "petra": "petra.gov.jo", "رويترز": "reuters.com", "فرانس برس": "afp.com", "أ ف ب": "afp.com",
	"upi": "upi.com", "bloomberg": "bloomberg.com", "canadian press": "thecanadianpress.com", "the canadian press": "thecanadianpress.com", "cp": "thecanadianpress.com", "pa": "pamediagroup.com", "press association": "pamediagroup.com", "aap": "aap.com.au", "sapa": "sapa.org.za", "nan": "nannews.ng",
}

// maxDateline is how far into a text, in bytes, a dateline may end.
const maxDateline = 160

var (
	// "MOSCOW, February 12. /TASS/.", "LONDON (Reuters) - ", "(AP) — ",
	// "МОСКВА, 12 фев — РИА Новости.", "新华社北京电"
	markInBrackets = expression{[]string{"(", "/", "["}, regexp.MustCompile(`^([^\n(/\[]{0,80}?)\s*[(/\[]\s*([^()/\[\]\n]{2,40}?)\s*[)/\]]\s*[.:]?\s*(?:[-–—―]+|\.|:)?\s*`)}
	markAfterDash  = expression{[]string{"-", "–", "—", "―"}, regexp.MustCompile(`^([^\n–—]{0,80}?)\s*(?:[-–—―]{1,2})\s*([^\n.–—:]{2,30}?)\s*[.:–—]\s+`)}
	// "Source: TASS", "(Reporting by A. Writer)", "- With files from AP"
	markAtEnd  = expression{[]string{":", "："}, regexp.MustCompile(`(?i)(?:^|\n|[.!?»”"]\s+)[(\[]?(?:source|via|источник|джерело|quelle|fuente|fonte|المصدر)\s*[:：]\s*([^\n.()\[\]]{2,40}?)\s*[.)\]]?\s*$`)}
	reportedBy = regexp.MustCompile(`\n?\s*\((?:Reporting|Writing|Additional reporting|Editing|Compiled) by [^()\n]{3,300}\)\s*$`)
)

// An expression is a regular one, and what it matches nothing without any of:
// most texts are spared it by a look for those.
type expression struct {
	needs []string
	re    *regexp.Regexp
}

func (x expression) find(s string) []int {
	if !containsAny(s, x.needs) {
		return nil
	}
	return x.re.FindStringSubmatchIndex(s)
}

// A dateline's place and date are short and begin with a capital letter.
const maxPlaceWords = 7

// unmarked takes an agency's marks from a text, and names the agency by its
// domain. A text without marks is returned as it is.
func unmarked(text string) (rest, agency string) {
	head := text[:min(len(text), maxDateline)]
	for _, mark := range []expression{markInBrackets, markAfterDash} {
		m := mark.find(head)
		if m == nil || len(strings.Fields(head[m[2]:m[3]])) > maxPlaceWords || goesOn(text, m[1]) {
			continue
		}
		if name := agencyOf(head[m[4]:m[5]]); name != "" {
			text, agency = text[m[1]:], name
			break
		}
	}
	if agency == "" && strings.HasPrefix(text, "新华社") {
		agency = agencies["新华社"]
	}
	tail := len(text) - min(len(text), maxDateline)
	for tail < len(text) && !utf8.RuneStart(text[tail]) {
		tail++
	}
	if m := markAtEnd.find(text[tail:]); m != nil {
		if name := agencyOf(text[tail+m[2] : tail+m[3]]); name != "" {
			text = text[:tail+m[0]]
			if agency == "" {
				agency = name
			}
		}
	}
	if strings.HasSuffix(strings.TrimSpace(text), ")") {
		long := len(text) - min(len(text), 4*maxDateline)
		if m := reportedBy.FindStringIndex(text[long:]); m != nil {
			text = text[:long+m[0]]
			if agency == "" {
				agency = agencies["reuters"]
			}
		}
	}
	return text, agency
}

// goesOn reports whether the sentence before a place in a text goes on there, with no
// stop in between: then "(PA)" is no agency's mark but short for what stands before it.
func goesOn(text string, at int) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimSpace(text[:at]))
	next, _ := utf8.DecodeRuneInString(text[at:])
	return strings.ContainsRune(")/]", last) && unicode.IsLower(next)
}

func agencyOf(mark string) string {
	return agencies[strings.ToLower(strings.Trim(mark, " .,:;-–—/"))]
}

// bareTitle takes an outlet's name from the end or the front of a headline:
// "Flood in Sandhead - Coast Herald" is "Flood in Sandhead".
func bareTitle(title string, names ...string) string {
	for _, separator := range []string{" - ", " – ", " — ", " | ", " :: ", " · "} {
		if i := strings.LastIndex(title, separator); i > 0 && named(title[i+len(separator):], names) {
			title = title[:i]
		}
		if i := strings.Index(title, separator); i > 0 && named(title[:i], names) {
			title = title[i+len(separator):]
		}
	}
	return title
}

func named(s string, names []string) bool {
	s = plain(s)
	if s == "" {
		return false
	}
	for _, name := range names {
		if name = plain(name); name != "" && (s == name || s == strings.TrimPrefix(name, "the")) {
			return true
		}
	}
	_, agency := agencies[s]
	return agency
}
