package store

import (
	"encoding/binary"
	"encoding/hex"
	"errors"

	"bellhop"
)

// appendDeferred appends to list what makes up a deferred row, beside what its event says.
func appendDeferred(list []byte, first int64, d *bellhop.Delivery) []byte {
	list = binary.AppendUvarint(list, uint64(d.Seq-first))
	list = binary.AppendUvarint(list, uint64(d.Due-d.CreatedAt)) // never negative: due times ascend
	list = binary.BigEndian.AppendUint32(list, d.ID.Salt())
	list, _ = hex.AppendDecode(list, []byte(d.Service)) // it is valid
	return list
}

// readDeferred reads what appendDeferred has made, for an event that was created then.
func readDeferred(list []byte, first int64, createdAt bellhop.Time) ([]bellhop.Delivery, error) {
	var deliveries []bellhop.Delivery
	for len(list) > 0 {
		offset, n := binary.Uvarint(list)
		due, m := binary.Uvarint(list[max(n, 0):])
		if n <= 0 || m <= 0 || len(list) < n+m+16 {
			return nil, errors.New("a list of deliveries is broken")
		}
		list = list[n+m:]
		service := bellhop.ID(hex.EncodeToString(list[4:16]))
		d := bellhop.Delivery{Seq: first + int64(offset), Service: service, Lane: service,
			CreatedAt: createdAt, Due: createdAt + bellhop.Time(due), Ends: createdAt.Add(bellhop.DeliveryLife)}
		d.ID = bellhop.NewUUID(createdAt, d.Seq, binary.BigEndian.Uint32(list))
		deliveries = append(deliveries, d)
		list = list[16:]
	}
	return deliveries, nil
}
