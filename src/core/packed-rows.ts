/**
 * Many rows of a table as one text. A text goes from thread to thread, and over the wire, in one piece, and what stands in
 * a row is read only where somebody asks for it: at start 100,000 rows are handed over, most of which nobody asks for.
 *
 * What is kept has no control characters; a row that has them is refused, never read as something else.
 */

/** Ends a cell, and a row: the separators that ASCII has for this (RFC 20, 5.2: `US` and `RS`). */
export const cellEnd = '\u001F'
export const rowEnd = '\u001E'

/** Some rows, in the order of the store. */
export interface PackedRows {
  readonly text: string
  readonly count: number
}

/** @throws where there are not as many as it says: a text in them has what ends a row */
export function rowsOf<Row extends string>({ text, count }: PackedRows): Row[] {
  const rows = count === 0 ? [] : text.split(rowEnd)
  if (rows.length !== count) throw new Error(`${count} rows were read, ${rows.length} were handed over.`)
  return rows as Row[]
}

/** A text for each column. */
type Cells<Columns extends readonly string[]> = { readonly [Place in keyof Columns]: string }

/** All cells of a row; empty ones of what is null. @throws where there are not so many */
export function cellsOf<Columns extends readonly string[]>(row: string, columns: Columns): Cells<Columns> {
  const cells = row.split(cellEnd)
  if (cells.length !== columns.length)
    throw new Error(`A row has ${cells.length} cells, not ${columns.length}.`)
  return cells as readonly string[] as Cells<Columns>
}

/** The cells of the last row; none where there is no row. */
export function lastCells({ text }: PackedRows): string[] {
  return text === '' ? [] : text.slice(text.lastIndexOf(rowEnd) + 1).split(cellEnd)
}

/** A number in a cell; null in an empty one. */
export function numberIn(cell: string): number | null {
  return cell === '' ? null : Number(cell)
}
