// Package websub sends published documents to those who subscribed to them
// (WebSub, W3C Recommendation of 23 January 2018).
//
// A Hub takes subscriptions to our own documents and no others, asks each
// callback whether it wants what was asked for in its name, and posts every
// changed document to it, signed where a secret was given. Ping tells a hub of
// somebody else that documents changed.
//
// A Subscriber is the other side: it asks the hubs of sources to tell of their
// changes, and takes what they send.
//
// A hub sends requests to wherever strangers say. So the client that it is
// given must refuse addresses that are not public, and the hub bounds how many
// subscriptions and requests one host can be made to bear.
package websub
