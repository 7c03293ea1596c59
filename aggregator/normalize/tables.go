package normalize

// inTable reports whether a table is open, but no cell of it.
func (c *cleaner) inTable() bool {
	if len(c.stack) == 0 {
		return false
	}
	switch c.stack[len(c.stack)-1] {
	case "table", "thead", "tbody", "tfoot", "tr", "colgroup":
		return true
	}
	return false
}

// openCell opens a cell for what stands in a table outside of its cells. HTML
// parsers would move it in front of the table.
func (c *cleaner) openCell() {
	if c.tablePart("td") && len(c.stack) < maxStack {
		c.open("td")
	}
}

func (c *cleaner) open(name string) {
	c.out.WriteString("<" + name + ">")
	c.stack = append(c.stack, name)
	c.textBreak(name)
}

// tablePart makes room for a table or a part of one, and reports whether it
// can stand here. What HTML implies is written out.
func (c *cleaner) tablePart(name string) bool {
	if len(c.stack)+4 > maxStack {
		return false
	}
	if name == "table" {
		if c.inTable() {
			c.openCell()
		}
		c.closeWithin("p")
		return true
	}
	table := len(c.stack) - 1
	for ; table >= 0 && c.stack[table] != "table"; table-- {
	}
	if table < 0 {
		return false
	}
	switch name {
	case "caption", "colgroup", "thead", "tbody", "tfoot":
		c.popTo(table + 1)
	case "col":
		if c.stack[len(c.stack)-1] != "colgroup" {
			c.popTo(table + 1)
			c.open("colgroup")
		}
	case "tr":
		c.section(table)
	case "td", "th":
		c.section(table)
		// section leaves the row open if there is one.
		if c.stack[len(c.stack)-1] != "tr" {
			c.open("tr")
		}
	}
	if name == "tr" && c.stack[len(c.stack)-1] == "tr" {
		c.popTo(len(c.stack) - 1)
	}
	return true
}

// section closes all within a table but its open section and row, and opens a
// body if it has neither.
func (c *cleaner) section(table int) {
	keep := table + 1
	if keep < len(c.stack) {
		switch c.stack[keep] {
		case "thead", "tbody", "tfoot":
			keep++
			if keep < len(c.stack) && c.stack[keep] == "tr" {
				keep++
			}
			c.popTo(keep)
			return
		}
	}
	c.popTo(keep)
	c.open("tbody")
}
