package normalize

// trackers are the parameters of a query that tell who refers and never what
// is shown. Sources, all public: the documentation of the tools themselves
// (Google Analytics and Ads, Matomo, Adobe, Meta, Microsoft Advertising,
// Mailchimp, HubSpot, Marketo, Klaviyo, Yandex, AT Internet, Chartbeat,
// Outbrain, Taboola), Mozilla's query stripping list of Firefox, WebKit's
// Advanced Tracking Protection, Brave's query filter, and AdGuard's tracking
// parameter filter. Only names that cannot select content are here.
var trackers = map[string]bool{
	// advertising: click identifiers
	"gclid": true, "gclsrc": true, "dclid": true, "gbraid": true, "wbraid": true, "gad_source": true, "gad_campaignid": true, "srsltid": true,
	"fbclid": true, "fb_action_ids": true, "fb_action_types": true, "fb_source": true, "fb_ref": true,
	"msclkid": true, "twclid": true, "ttclid": true, "yclid": true, "ysclid": true, "li_fat_id": true, "igshid": true, "igsh": true,
	"epik": true, "scid": true, "rdt_cid": true, "zanpid": true, "irclickid": true, "irgwc": true, "wickedid": true,
	"oborigurl": true, "obclid": true, "dicbo": true, "tblci": true, "taboola_campaign": true,
	// statistics
	"_ga": true, "_gl": true, "ga_source": true, "ga_medium": true, "ga_campaign": true, "ga_content": true, "ga_term": true,
	"icid": true, "ncid": true, "cmpid": true, "s_cid": true, "s_kwcid": true, "ef_id": true, "xtor": true, "ns_mchannel": true,
	"ns_source": true, "ns_campaign": true, "ns_linkname": true, "ns_fee": true, "wt_mc": true, "wtmc": true, "wt_zmc": true,
	"rb_clickid": true, "_openstat": true, "action_object_map": true, "action_ref_map": true, "action_type_map": true,
	"at_xt": true, "wkey": true, "wemail": true, "vero_id": true, "vero_conv": true,
	// mail
	"mc_cid": true, "mc_eid": true, "_hsenc": true, "_hsmi": true, "__hssc": true, "__hstc": true, "__hsfp": true,
	"hsctatracking": true, "_kx": true, "_ke": true, "ck_subscriber_id": true, "bsft_clkid": true, "bsft_eid": true, "bsft_mid": true,
	"oly_anon_id": true, "oly_enc_id": true, "ml_subscriber": true, "ml_subscriber_hash": true, "sc_channel": true, "trk_contact": true,
	"trk_msg": true, "trk_module": true, "trk_sid": true, "mbid": true, "cuid": true, "dm_i": true, "emci": true, "emdi": true,
	// where a feed or a page was left
	"ftag": true, "cmp": true, "ocid": true, "taid": true, "smid": true, "smtyp": true, "feedtype": true,
	"cid_source": true, "intcmp": true, "int_cmp": true, "spm": true, "_branch_match_id": true, "_branch_referrer": true,
	"guccounter": true, "ref_src": true, "ref_url": true, "soc_src": true,
	"soc_trk": true, "phpsessid": true, "jsessionid": true, "share_source": true, "maca": true, "traffic_source": true, "referringsource": true,
}

// referring are parameters that may select content, but not where they only say
// that the reader came by a feed.
var referring = map[string]bool{"ref": true, "source": true, "src": true, "from": true, "via": true, "rss": true, "feed": true, "referrer": true}

var feedNames = map[string]bool{"rss": true, "rss2": true, "feed": true, "feeds": true, "rssfeed": true, "rss_feed": true, "rss-feed": true, "atom": true}

// trackerPrefixes are how families of such parameters begin: Google's urchin,
// Matomo and its forerunner Piwik, HubSpot, AT Internet and the BBC, Adobe,
// Yahoo, Mailchimp's and Vero's relatives.
var trackerPrefixes = []string{"utm_", "utm-", "mtm_", "matomo_", "pk_", "piwik_", "hsa_", "at_medium", "at_campaign", "at_custom", "at_link", "at_ptr", "at_bbc", "at_format", "at_creation", "at_emailtype", "at_send", "at_recipient", "itm_", "stm_", "guce_", "pf_rd_", "sfmc_", "cm_mmc", "mkt_"}

// siteTrackers are parameters that mean so on one site only, beside those that
// mean so everywhere.
var siteTrackers = map[string]string{
	"bbc.co.uk":          " intlink_from_url intlink_ts ref ",
	"bbc.com":            " intlink_from_url intlink_ts ref ",
	"nytimes.com":        " partner emc src ref campaign_id instance_id segment_id user_id regi_id nl te ",
	"theguardian.com":    " ref ",
	"washingtonpost.com": " wprss tid wpisrc wpmm itid ",
	"cnn.com":            " eref iref ",
	"reuters.com":        " feedname rpc il edition-redirect ",
	"lemonde.fr":         " lmd_medium lmd_campaign lmd_creation lmd_source ",
	"youtube.com":        " feature si pp ab_channel ",
	"twitter.com":        " s t ",
	"x.com":              " s t ",
	"medium.com":         " source sk ",
	"reddit.com":         " rdt share_id ref ref_source ",
	"spiegel.de":         " xing_share sara_ref ",
	"latimes.com":        " track ",
	"npr.org":            " ft f ",
	"politico.com":       " nname nid nrid nlid ",
	"bloomberg.com":      " srnd sref ",
	"wsj.com":            " mod reflink st ",
	"ft.com":             " segmentid ftcamp ",
	"economist.com":      " fsrc ",
	"telegraph.co.uk":    " wt.mc_id ",
	"faz.net":            " gepc ",
	"yahoo.com":          " src fr .tsrc tsrc ",
	"sky.com":            " dcmp ",
}

// redirectors carry the address that they lead to in a parameter.
var redirectors = []struct{ host, path, parameters string }{
	{"google.com", "/url", "url q"},
	{"facebook.com", "/l.php", "u"},
	{"instagram.com", "/", "u"},
	{"youtube.com", "/redirect", "q"},
	{"umblr.com", "/redirect", "z"},
	{"out.reddit.com", "/", "url"},
	{"href.li", "/", "url"},
	{"safelinks.protection.outlook.com", "/", "url"},
	{"duckduckgo.com", "/l/", "uddg"},
	{"slack-redir.net", "/link", "url"},
	{"steamcommunity.com", "/linkfilter", "url"},
	{"vk.com", "/away.php", "to"},
	{"bing.com", "/news/apiclick.aspx", "url"},
}

// bareHosts are sites whose pages for everybody have no "www".
var bareHosts = map[string]bool{"twitter.com": true, "x.com": true}
