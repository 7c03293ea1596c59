// Package poll asks a source for its document over HTTP, politely, and keeps
// what the answer says about asking again. It knows no XML.
//
// Every request that Wireroom sends, to feeds, pages and hubs alike, goes
// through the one [Client] that [NewClient] makes. It refuses addresses that
// are not public at the moment of connecting, on every hop, so that neither a
// redirect nor a name server can turn it against the network it runs in.
//
// [Client.Poll] is one conditional request with its redirects; [Settle] is the
// pure function from its answer to the source's next state.
package poll
