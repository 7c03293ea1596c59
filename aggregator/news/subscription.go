package news

import "time"

// A Subscription is a reader's wish to be sent a document whenever it changes
// (WebSub). Topic and Callback name it.
type Subscription struct {
	Topic    string    // address of the document
	Callback string    // where changes are sent
	Secret   string    // signs what is sent; empty: nothing is signed
	Until    time.Time // end of the lease
}
