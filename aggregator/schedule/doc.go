// Package schedule says when a source is next due.
//
// A source's schedule is a cron expression, which is its user's explicit
// choice, or auto. Both come to one pure function, [Next]. Nothing overrides
// safety: a server's Retry-After, the back-off after failures and the source's
// least interval push the next poll later, whatever the schedule. What a server
// merely suggests (max-age, Expires, ttl, hours to skip) lengthens auto, up to
// the source's greatest interval, and leaves cron alone.
//
// Auto spends a budget of requests where they save the most delay. If a source
// publishes λ items a day, the sum of delays over all sources is least where
// each is polled every c/√λ days, with one c for all (budget.go). The rates are
// learnt from what polls bring (auto.go).
package schedule
