package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// A column is one of some rows, to be sent to PostgreSQL as an array. All that there
// is to send with it and behind it takes so many bytes: room is made once. What pgx
// does for a slice asks the type of each value, and makes room again and again.
type column struct {
	rows  [][]any
	k     int
	ahead int
}

// sizeOf is how many bytes a column takes, if all its values are of the type of the
// first: int64, string or []byte, of which some may be missing.
func sizeOf(rows [][]any, k int) (size int, ok bool) {
	size = arrayHead + 4*len(rows)
	for _, row := range rows {
		switch v := row[k].(type) {
		case int64:
			size += 8
			_, ok = rows[0][k].(int64)
		case string:
			size += len(v)
			_, ok = rows[0][k].(string)
		case []byte:
			size += len(v)
			ok = isBytes(rows[0][k])
		default:
			ok = row[k] == nil && isBytes(rows[0][k])
		}
		if !ok {
			return 0, false
		}
	}
	return size, true
}

// isBytes reports whether a value is of bytes, or missing.
func isBytes(v any) bool {
	_, ok := v.([]byte)
	return ok || v == nil
}

// arrayHead is the size of what stands before the values of an array: how many
// dimensions it has, whether values may be missing, what they are, how many, and from
// where they are counted, in four bytes each.
const arrayHead = 5 * 4

// append writes the column as PostgreSQL reads an array, behind buf.
func (c column) append(buf []byte, element uint32) []byte {
	put := binary.BigEndian.AppendUint32
	buf = slices.Grow(buf, c.ahead)
	for _, n := range []uint32{1, 1, element, uint32(len(c.rows)), 1} {
		buf = put(buf, n)
	}
	for _, row := range c.rows {
		switch v := row[c.k].(type) {
		case int64:
			buf = binary.BigEndian.AppendUint64(put(buf, 8), uint64(v))
		case string:
			buf = append(put(buf, uint32(len(v))), v...)
		case []byte:
			if v == nil {
				buf = put(buf, missing)
				continue
			}
			buf = append(put(buf, uint32(len(v))), v...)
		default:
			buf = put(buf, missing)
		}
	}
	return buf
}

// missing is the size of a value that there is not.
const missing = 1<<32 - 1

// escaped are the characters that mean something within a quoted value of an array.
var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// TextValue writes the column in the way of connections that prepare no statements:
// default_query_exec_mode in the address says so; see pgtype.TextValuer.
func (c column) TextValue() (pgtype.Text, error) {
	values := make([]string, len(c.rows))
	for i, row := range c.rows {
		switch v := row[c.k].(type) {
		case int64:
			values[i] = strconv.FormatInt(v, 10)
		case string:
			values[i] = `"` + escaped.Replace(v) + `"`
		case []byte:
			if values[i] = "NULL"; v != nil {
				values[i] = fmt.Sprintf(`"\\x%x"`, v)
			}
		default:
			values[i] = "NULL"
		}
	}
	return pgtype.Text{String: "{" + strings.Join(values, ",") + "}", Valid: true}, nil
}

// columns lets a connection take a column where it takes an array.
func columns(_ context.Context, conn *pgx.Conn) error {
	types := conn.TypeMap()
	for array, element := range map[uint32]uint32{
		pgtype.Int8ArrayOID: pgtype.Int8OID, pgtype.TextArrayOID: pgtype.TextOID, pgtype.ByteaArrayOID: pgtype.ByteaOID,
	} {
		t, ok := types.TypeForOID(array)
		if !ok {
			continue // no version of pgx is without it
		}
		types.RegisterType(&pgtype.Type{Name: t.Name, OID: array, Codec: arrays{t.Codec, element}})
	}
	return nil
}

// arrays is the codec of a type of arrays, and of columns.
type arrays struct {
	pgtype.Codec
	element uint32
}

// PlanEncode plans to send a value; see pgtype.Codec.
func (a arrays) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(column); ok && format == pgtype.BinaryFormatCode {
		return a
	}
	return a.Codec.PlanEncode(m, oid, format, value)
}

// Encode sends a column; see pgtype.EncodePlan.
func (a arrays) Encode(value any, buf []byte) ([]byte, error) {
	return value.(column).append(buf, a.element), nil
}
