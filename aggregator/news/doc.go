// Package news holds the nouns of Wireroom: source, item, story, topic and
// filing, and what passes between the stages that make one from another. It
// imports the standard library only and does no input or output, so that every
// stage may import it and none needs to import another.
//
// The types stand in the order in which data meets them:
//
//	Source        one configured origin            (source.go)
//	State         what is remembered of a source   (state.go)
//	Answer        what one poll brought            (answer.go)
//	Feed          what a document said, verbatim   (feed.go)
//	Item          one entry in normal form         (item.go)
//	Record        an item's place in the log       (record.go)
//	Story         the items that tell one news     (story.go)
//	Topic         a rule over stories              (topic.go)
//	Filing        a story's place in a topic       (filing.go)
//	Document      finished bytes for readers       (document.go)
//	Subscription  a reader's wish to be sent them  (subscription.go)
package news
