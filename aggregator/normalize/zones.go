package normalize

// zones are the abbreviations of time zones and their offsets from UTC in
// minutes. Sources: RFC 822 section 5.1, the IANA time zone database, and the
// list of abbreviations of the time and date registries. An abbreviation with
// several meanings has the one that is usual in feeds: IST is India's, CST and
// EST are North America's, BST is Britain's. Military letters tell nothing
// (RFC 2822 section 4.3) but Z; they count as UTC, as demanded there.
var zones = map[string]int{
	"UTC": 0, "UT": 0, "GMT": 0, "Z": 0, "WET": 0, "UCT": 0, "ZULU": 0,
	"A": 0, "B": 0, "C": 0, "D": 0, "E": 0, "F": 0, "G": 0, "H": 0, "I": 0, "K": 0, "L": 0, "M": 0,
	"N": 0, "O": 0, "P": 0, "Q": 0, "R": 0, "S": 0, "T": 0, "U": 0, "V": 0, "W": 0, "X": 0, "Y": 0,
	"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
	"AKST": -540, "AKDT": -480, "HST": -600, "HDT": -540, "HADT": -540, "AST": -240, "ADT": -180,
	"NST": -210, "NDT": -150, "ART": -180, "BRT": -180, "BRST": -120, "CLT": -240, "CLST": -180,
	"COT": -300, "PET": -300, "ECT": -300, "VET": -240, "BOT": -240, "UYT": -180, "PYT": -240, "GYT": -240,
	"BST": 60, "WEST": 60, "CET": 60, "MET": 60, "MEZ": 60, "CEST": 120, "MEST": 120, "MESZ": 120, "WAT": 60,
	"EET": 120, "EEST": 180, "SAST": 120, "CAT": 120, "IDT": 180, "EAT": 180, "TRT": 180,
	"MSK": 180, "MSD": 240, "SAMT": 240, "GST": 240, "AZT": 240, "GET": 240, "IRST": 210, "IRDT": 270,
	"AFT": 270, "PKT": 300, "UZT": 300, "YEKT": 300, "MVT": 300, "IST": 330, "NPT": 345,
	"ALMT": 360, "OMST": 360, "BTT": 360, "MMT": 390, "ICT": 420, "WIB": 420, "NOVT": 420, "KRAT": 420,
	"WITA": 480, "HKT": 480, "SGT": 480, "MYT": 480, "PHT": 480, "AWST": 480, "IRKT": 480, "ULAT": 480,
	"JST": 540, "KST": 540, "WIT": 540, "YAKT": 540, "ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660,
	"VLAT": 600, "CHST": 600, "MAGT": 660, "SBT": 660, "NZST": 720, "NZDT": 780, "FJT": 720, "PETT": 720,
}

// american are zones whose people put the month before the day.
var american = map[string]bool{
	"EST": true, "EDT": true, "CST": true, "CDT": true, "MST": true, "MDT": true, "PST": true, "PDT": true,
}

// regions are abbreviations whose offset depends on the season.
var regions = map[string]string{
	"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles",
	"AT": "America/Halifax",
}
