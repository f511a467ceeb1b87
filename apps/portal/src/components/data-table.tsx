import { Checkbox, makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons'
import {
  columnVisibilityFeature,
  createSortedRowModel,
  rowSelectionFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, type ReactNode, useMemo, useRef } from 'react'

const ROW_PX = 40
const OVERSCAN = 12

/** Of a column that takes what the others leave. */
const FLEXIBLE_REM = 16
const CHECK_REM = 2.5
const NONE: readonly string[] = []

/** A column of a list of `T`. */
export interface Column<T> {
  readonly id: string
  readonly title: string
  /** What it is sorted by, and shown where there is no `cell`. */
  readonly value: (row: T) => string | number
  readonly cell?: (row: T) => ReactNode
  /** In rem; absent: what the others leave. */
  readonly width?: number
}

export interface Sorting {
  readonly id: string
  readonly desc: boolean
}

interface Given<T> {
  readonly label: string
  readonly rows: readonly T[]
  readonly columns: readonly Column<T>[]
  readonly idOf: (row: T) => string
  /** Ids of columns that are not shown. */
  readonly hidden?: readonly string[]
  readonly sorting?: Sorting | null
  readonly onSort?: (sorting: Sorting | null) => void
  /** Ids of rows that are chosen; absent: none can be. */
  readonly selected?: ReadonlySet<string>
  readonly onSelect?: (ids: ReadonlySet<string>) => void
  readonly selectLabel?: (row: T) => string
  /** Of CSS; absent: as much as the window leaves. */
  readonly maxHeight?: string
}

const useStyles = makeStyles({
  scroll: {
    overflow: 'auto',
    maxHeight: 'calc(100vh - 14rem)',
    minHeight: '12rem',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  table: { width: '100%', borderCollapse: 'collapse', tableLayout: 'fixed' },
  head: {
    position: 'sticky',
    top: 0,
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground2,
    textAlign: 'left',
    fontWeight: tokens.fontWeightSemibold,
    padding: `0 ${tokens.spacingHorizontalS}`,
    height: '2.5rem',
  },
  sort: {
    border: 'none',
    background: 'none',
    padding: 0,
    font: 'inherit',
    color: 'inherit',
    cursor: 'pointer',
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  row: {
    height: `${ROW_PX}px`,
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
  },
  cell: {
    padding: `0 ${tokens.spacingHorizontalS}`,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  check: { width: `${CHECK_REM}rem`, padding: 0 },
})

const collator = new Intl.Collator(undefined, { numeric: true })

/** `web-9` before `web-10`. */
function natural(a: Sorted, b: Sorted, column: string): number {
  const [first, second] = [a.getValue(column), b.getValue(column)]
  if (typeof first === 'number' && typeof second === 'number') return first - second
  return collator.compare(String(first), String(second))
}

interface Sorted {
  getValue(column: string): unknown
}

const features = tableFeatures({
  rowSortingFeature,
  columnVisibilityFeature,
  rowSelectionFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { natural },
})

/** A list of any length: only the rows in sight are there. Sorted by a column's head, chosen row by row or all at once. */
export function DataTable<T extends object>(given: Given<T>) {
  const { label, rows, columns, idOf, hidden = NONE, sorting = null, selected } = given
  const styles = useStyles()
  const definitions = useMemo(
    () =>
      columns.map(({ id, title, value }) => ({
        ...{ id, header: title, accessorFn: value, sortFn: 'natural' as const },
      })),
    [columns],
  )
  // The same value while it is scrolled: rows are sorted once, not at each frame.
  const state = useMemo(
    () => ({
      sorting: sorting === null ? [] : [sorting],
      columnVisibility: Object.fromEntries(hidden.map((id) => [id, false])),
      rowSelection: Object.fromEntries([...(selected ?? [])].map((id) => [id, true as const])),
    }),
    [sorting, hidden, selected],
  )
  const table = useTable({
    features,
    columns: definitions,
    data: rows as T[],
    getRowId: idOf,
    state,
  })
  const sorted = table.getRowModel().rows
  const ids = useMemo(() => sorted.map(({ id }) => id), [sorted])
  const shown = useMemo(() => columns.filter(({ id }) => !hidden.includes(id)), [columns, hidden])
  const scroll = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
  })
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const widths = shown.map(({ width = FLEXIBLE_REM }) => width)
  const minWidth = `${widths.reduce((sum, width) => sum + width, CHECK_REM)}rem`
  const span = shown.length + (selected === undefined ? 0 : 1)
  return (
    <section
      ref={scroll}
      className={styles.scroll}
      {...(given.maxHeight !== undefined && { style: { maxHeight: given.maxHeight } })}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
    >
      <table
        className={styles.table}
        style={{ minWidth }}
        aria-rowcount={sorted.length + 1}
        aria-label={label}
      >
        <thead>
          <tr aria-rowindex={1}>
            {selected !== undefined && (
              <th scope="col" className={mergeClasses(styles.head, styles.check)}>
                <All given={given} ids={ids} selected={selected} />
              </th>
            )}
            {shown.map((column) => (
              <Head key={column.id} column={column} sorting={sorting} onSort={given.onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Space span={span} px={before} />}
          {items.map(({ index }) => {
            const { id, original } = sorted[index]!
            return <Line key={id} {...{ given, shown, id, index }} row={original} />
          })}
          {after > 0 && <Space span={span} px={after} />}
        </tbody>
      </table>
    </section>
  )
}

interface LineGiven<T> {
  readonly given: Given<T>
  readonly shown: readonly Column<T>[]
  readonly row: T
  readonly id: string
  /** From 0, in the order that is shown. */
  readonly index: number
}

/** A row; scrolling makes those anew that come into sight, and no other. */
const Line = memo(function Line<T extends object>({ given, shown, row, id, index }: LineGiven<T>) {
  const styles = useStyles()
  return (
    <tr className={styles.row} aria-rowindex={index + 2}>
      {given.selected !== undefined && (
        <td className={styles.check}>
          <One given={given} row={row} id={id} selected={given.selected} />
        </td>
      )}
      {shown.map(({ id, cell, value }) => (
        <td key={id} className={styles.cell}>
          {cell === undefined ? value(row) : cell(row)}
        </td>
      ))}
    </tr>
  )
}) as <T extends object>(given: LineGiven<T>) => ReactNode

/** In place of the rows that are out of sight. */
function Space({ span, px }: { span: number; px: number }) {
  return (
    <tr>
      <td colSpan={span} style={{ height: `${px}px`, padding: 0 }} />
    </tr>
  )
}

function Head<T>(given: {
  column: Column<T>
  sorting: Sorting | null
  onSort: ((sorting: Sorting | null) => void) | undefined
}) {
  const { column, sorting, onSort } = given
  const styles = useStyles()
  const isSorted = sorting?.id === column.id
  const order = isSorted ? (sorting.desc ? 'descending' : 'ascending') : 'none'
  const width = column.width === undefined ? {} : { width: `${column.width}rem` }
  if (onSort === undefined)
    return (
      <th scope="col" className={styles.head} style={width}>
        {column.title}
      </th>
    )
  const next = isSorted && sorting.desc ? null : { id: column.id, desc: isSorted }
  return (
    <th scope="col" className={styles.head} style={width} aria-sort={order}>
      <button type="button" className={styles.sort} onClick={() => onSort(next)}>
        {column.title}
        {isSorted && (sorting.desc ? <ArrowDownRegular /> : <ArrowUpRegular />)}
      </button>
    </th>
  )
}

interface AllGiven<T> {
  readonly given: Given<T>
  readonly ids: readonly string[]
  readonly selected: ReadonlySet<string>
}

/** Chooses all, or none; scrolling counts nothing anew. */
const All = memo(function All<T>({ given, ids, selected }: AllGiven<T>) {
  const count = ids.filter((id) => selected.has(id)).length
  const checked = count > 0 && count < ids.length ? 'mixed' : count > 0
  return (
    <Checkbox
      aria-label={given.label}
      checked={checked}
      onChange={() => given.onSelect?.(new Set(checked === true ? [] : ids))}
    />
  )
}) as <T>(given: AllGiven<T>) => ReactNode

function One<T>(of: { given: Given<T>; row: T; id: string; selected: ReadonlySet<string> }) {
  const { given, row, id, selected } = of
  const change = () => {
    const next = new Set(selected)
    if (!next.delete(id)) next.add(id)
    given.onSelect?.(next)
  }
  return (
    <Checkbox
      aria-label={given.selectLabel?.(row) ?? id}
      checked={selected.has(id)}
      onChange={change}
    />
  )
}
