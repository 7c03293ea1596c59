package normalize

import (
	"strings"
	"time"
)

// monthNames are the twelve months in the languages of feeds, each with its
// usual short forms and the cases that dates take. Source: Unicode CLDR, the
// wide and abbreviated names of the Gregorian calendar, and what feeds write.
// Croatian is left out: its listopad is October and the Czech one November.
var monthNames = []string{
	// English
	"january jan|february feb febr|march mar|april apr|may|june jun|july jul|august aug|september sep sept|october oct|november nov|december dec",
	// German
	"januar jan janner|februar feb feber|marz mar mrz maerz|april apr|mai|juni jun|juli jul|august aug|september sep sept|oktober okt|november nov|dezember dez",
	// French
	"janvier janv jan|fevrier fevr fev|mars|avril avr|mai|juin|juillet juil|aout|septembre sept|octobre oct|novembre nov|decembre dec",
	// Spanish
	"enero ene|febrero feb|marzo mar|abril abr|mayo may|junio jun|julio jul|agosto ago|septiembre setiembre sep sept set|octubre oct|noviembre nov|diciembre dic",
	// Portuguese
	"janeiro jan|fevereiro fev|marco mar|abril abr|maio mai|junho jun|julho jul|agosto ago|setembro set|outubro out|novembro nov|dezembro dez",
	// Italian
	"gennaio gen|febbraio feb|marzo mar|aprile apr|maggio mag|giugno giu|luglio lug|agosto ago|settembre set|ottobre ott|novembre nov|dicembre dic",
	// Dutch
	"januari jan|februari feb|maart mrt|april apr|mei|juni jun|juli jul|augustus aug|september sep|oktober okt|november nov|december dec",
	// Swedish, Danish, Norwegian
	"januari januar jan|februari februar feb|mars marts|april apr|maj mai|juni jun|juli jul|augusti august aug|september sep sept|oktober okt|november nov|december desember dec des",
	// Polish
	"styczen stycznia sty|luty lutego lut|marzec marca mar|kwiecien kwietnia kwi|maj maja|czerwiec czerwca cze|lipiec lipca lip|sierpien sierpnia sie|wrzesien wrzesnia wrz|pazdziernik pazdziernika paz|listopad listopada lis|grudzien grudnia gru",
	// Czech, Slovak
	"leden ledna januara led|unor unora februara uno|brezen brezna marca bre|duben dubna aprila dub|kveten kvetna maja kve|cerven cervna juna|cervenec cervence jula|srpen srpna augusta srp|zari septembra|rijen rijna oktobra rij|listopad listopadu novembra|prosinec prosince decembra pro",
	// Hungarian
	"januar jan|februar febr|marcius marc|aprilis apr|majus maj|junius jun|julius jul|augusztus aug|szeptember szept|oktober okt|november nov|december dec",
	// Romanian
	"ianuarie ian|februarie feb|martie mar|aprilie apr|mai|iunie iun|iulie iul|august aug|septembrie sept|octombrie oct|noiembrie noi nov|decembrie dec",
	// Turkish
	"ocak oca|subat sub|mart|nisan nis|mayis may|haziran haz|temmuz tem|agustos agu|eylul eyl|ekim eki|kasim kas|aralik ara",
	// Finnish
	"tammikuu tammikuuta tammi|helmikuu helmikuuta helmi|maaliskuu maaliskuuta maalis|huhtikuu huhtikuuta huhti|toukokuu toukokuuta touko|kesakuu kesakuuta kesa|heinakuu heinakuuta heina|elokuu elokuuta elo|syyskuu syyskuuta syys|lokakuu lokakuuta loka|marraskuu marraskuuta marras|joulukuu joulukuuta joulu",
	// Russian
	"январь января янв|февраль февраля фев февр|март марта мар|апрель апреля апр|май мая|июнь июня июн|июль июля июл|август августа авг|сентябрь сентября сен сент|октябрь октября окт|ноябрь ноября ноя нояб|декабрь декабря дек",
	// Ukrainian
	"січень січня січ|лютий лютого лют|березень березня бер|квітень квітня кві квіт|травень травня тра трав|червень червня чер черв|липень липня лип|серпень серпня сер серп|вересень вересня вер вересн|жовтень жовтня жов жовт|листопад листопада лис|грудень грудня гру груд",
	// Greek, without accents
	"ιανουαριος ιανουαριου ιαν|φεβρουαριος φεβρουαριου φεβ|μαρτιος μαρτιου μαρ|απριλιος απριλιου απρ|μαιος μαιου μαι|ιουνιος ιουνιου ιουν|ιουλιος ιουλιου ιουλ|αυγουστος αυγουστου αυγ|σεπτεμβριος σεπτεμβριου σεπ|οκτωβριος οκτωβριου οκτ|νοεμβριος νοεμβριου νοε|δεκεμβριος δεκεμβριου δεκ",
	// Indonesian
	"januari jan|februari feb|maret mar|april apr|mei|juni jun|juli jul|agustus agu agt|september sep|oktober okt|november nov|desember des",
	// Catalan
	"gener gen|febrer febr|marc|abril abr|maig|juny|juliol|agost ag|setembre set|octubre oct|novembre nov|desembre des",
	// Bulgarian
	"януари ян|февруари|март|април|май|юни|юли|август|септември септ|октомври|ноември|декември",
	// Arabic, of the East and of the West
	"يناير جانفي|فبراير فيفري|مارس|أبريل ابريل أفريل|مايو ماي|يونيو جوان|يوليو جويلية|أغسطس اغسطس أوت|سبتمبر|أكتوبر اكتوبر|نوفمبر|ديسمبر",
	// Persian months are those of another calendar and stand aside; Hebrew
	"ינואר|פברואר|מרץ מרס|אפריל|מאי|יוני|יולי|אוגוסט|ספטמבר|אוקטובר|נובמבר|דצמבר",
	// Vietnamese and Hindi are written with numbers or as in
	"जनवरी|फरवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर|दिसंबर",
}

// months are the names and what they stand for, folded.
var months = monthTable()

func monthTable() map[string]int {
	table := map[string]int{}
	for _, language := range monthNames {
		for i, names := range strings.Split(language, "|") {
			for _, name := range strings.Fields(names) {
				table[fold(name)] = i + 1
			}
		}
	}
	return table
}

// weekdays are the names of days that tell the order of day and month; in other
// languages a word before the first number is taken for one.
var weekdays = weekdayTable()

func weekdayTable() map[string]time.Weekday {
	table := map[string]time.Weekday{}
	for i, names := range strings.Split("sunday sun|monday mon|tuesday tue tues|wednesday wed weds|thursday thu thur thurs|friday fri|saturday sat", "|") {
		for _, name := range strings.Fields(names) {
			table[name] = time.Weekday(i)
		}
	}
	return table
}

// fillers are words between the parts of a date that say nothing.
var fillers = map[string]bool{
	"at": true, "a": true, "of": true, "on": true, "the": true, "de": true, "del": true, "den": true, "um": true,
	"uhr": true, "kl": true, "klo": true, "alle": true, "ore": true, "h": true, "om": true, "a las": true,
	"г": true, "года": true, "в": true, "р": true, "року": true, "di": true, "pada": true, "ob": true,
}

// folder takes the accents off the letters of names of months and days.
var folder = strings.NewReplacer(
	"á", "a", "à", "a", "â", "a", "ä", "a", "ã", "a", "å", "a", "ą", "a", "ă", "a",
	"é", "e", "è", "e", "ê", "e", "ë", "e", "ě", "e", "ę", "e",
	"í", "i", "ì", "i", "î", "i", "ï", "i", "ı", "i",
	"ó", "o", "ò", "o", "ô", "o", "ö", "o", "õ", "o", "ő", "o",
	"ú", "u", "ù", "u", "û", "u", "ü", "u", "ů", "u", "ű", "u",
	"ç", "c", "č", "c", "ć", "c", "ń", "n", "ñ", "n", "ň", "n", "ř", "r",
	"ś", "s", "š", "s", "ş", "s", "ș", "s", "ž", "z", "ź", "z", "ż", "z", "ý", "y", "ğ", "g", "ł", "l",
	"ά", "α", "έ", "ε", "ή", "η", "ί", "ι", "ϊ", "ι", "ΐ", "ι", "ό", "ο", "ύ", "υ", "ώ", "ω", "ς", "σ",
	"\u0301", "", "\u0307", "",
)

// fold brings a word to the form of the tables.
func fold(w string) string {
	w = strings.ToLower(w)
	for i := 0; i < len(w); i++ {
		if w[i] >= 0x80 {
			return folder.Replace(w)
		}
	}
	return w
}
