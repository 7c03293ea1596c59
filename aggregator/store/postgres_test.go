package store_test

import (
	"testing"

	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/store/storetest"
)

func TestPostgres(t *testing.T) {
	cluster := storetest.Postgres(t)
	dsn := map[string]string{}
	storetest.Run(t, func(t *testing.T, database string) *store.DB {
		name := t.Name() + "/" + database
		if dsn[name] == "" {
			dsn[name] = cluster.DSN(t)
		}
		return open(t, dsn[name])
	})
}
