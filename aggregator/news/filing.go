package news

import "time"

// A Filing is a story's place in a topic. Topic and Key name it; ID and
// Published are written once; the rest is amended as the story grows.
type Filing struct {
	Topic      string    // name of the topic
	Key        string    // what is filed: the id of a story, of a copy group, or an item's slug, by the topic's Merge
	ID         string    // tag: URI (RFC 4151), minted once
	Story      string    // id of the story
	Published  time.Time // never moves
	Updated    time.Time // moves only with the content
	FirstFiled time.Time
	Hash       string // of what is shown; another hash is another content
	Lead       Key    // the member that is shown
	Members    []Key  // all members that are listed, the lead first
	Families   int    // independent publishers among the members
	Withdrawn  bool   // no longer in the topic: its rule changed, or it was joined to another
	Heir       string // key of the filing that it was joined to, of one that is withdrawn for that
	Why        string // the clause that took it in or out
}

// A Filed is a filing with its members, ready to be rendered.
type Filed struct {
	Filing
	Members []Member // the lead first, then in the order of publication
}
