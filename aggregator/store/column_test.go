package store

import (
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"
)

// TestColumn reads columns as pgx reads what a server sends.
func TestColumn(t *testing.T) {
	odd := `a "quoted" \, {braced}, NULL` + "\n"
	for _, test := range []struct {
		array, element uint32
		values         []any
		want           any
	}{
		{pgtype.Int8ArrayOID, pgtype.Int8OID, []any{int64(1), int64(-1 << 63), int64(1<<63 - 1)}, []int64{1, -1 << 63, 1<<63 - 1}},
		{pgtype.TextArrayOID, pgtype.TextOID, []any{"", odd, "渡轮", "NULL"}, []string{"", odd, "渡轮", "NULL"}},
		{pgtype.ByteaArrayOID, pgtype.ByteaOID, []any{[]byte{}, []byte{0, 255, '\\', '"'}, nil, []byte(nil)}, [][]byte{{}, {0, 255, '\\', '"'}, nil, nil}},
		{pgtype.ByteaArrayOID, pgtype.ByteaOID, []any{nil, []byte("x")}, [][]byte{nil, []byte("x")}},
	} {
		rows := make([][]any, len(test.values))
		for i, v := range test.values {
			rows[i] = []any{"beside it", v}
		}
		size, ok := sizeOf(rows, 1)
		c := column{rows, 1, size}
		if _, ok := (arrays{element: test.element}).PlanEncode(nil, test.array, pgtype.BinaryFormatCode, c).(arrays); !ok {
			t.Errorf("%v: a column is not sent as one", test.want)
		}
		binary, err := arrays{element: test.element}.Encode(c, nil)
		if err != nil || !ok || len(binary) != size {
			t.Errorf("%v: %d bytes, %v; want %d, %v", test.want, len(binary), err, size, ok)
		}
		text, err := c.TextValue()
		if err != nil {
			t.Error(err)
		}
		for format, sent := range map[int16][]byte{pgtype.BinaryFormatCode: binary, pgtype.TextFormatCode: []byte(text.String)} {
			got := reflect.New(reflect.TypeOf(test.want))
			if err := pgtype.NewMap().Scan(test.array, format, sent, got.Interface()); err != nil {
				t.Errorf("%v: %v", test.want, err)
			}
			if diff := cmp.Diff(test.want, got.Elem().Interface()); diff != "" {
				t.Errorf("in format %d: %s", format, diff)
			}
		}
	}
}

// TestColumnOfOneType wants a column whose values are of several types to be refused.
func TestColumnOfOneType(t *testing.T) {
	p := &spelling{arrays: true}
	for _, values := range [][]any{{int64(1), "1"}, {"1", nil}, {nil, int64(1)}, {[]byte{1}, "1"}, {1.5}} {
		rows := make([][]any, len(values))
		for i, v := range values {
			rows[i] = []any{v}
		}
		if _, _, err := p.rows("VALUES ROWS", rows); !errors.Is(err, ErrDamaged) {
			t.Errorf("%v: %v", values, err)
		}
	}
}
