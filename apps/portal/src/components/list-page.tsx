import { Button, makeStyles, SearchBox, Text, tokens } from '@fluentui/react-components'
import { ArrowClockwiseRegular } from '@fluentui/react-icons'
import type { UseQueryResult } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTexts } from '../texts/texts.ts'
import { type Column, DataTable, type Sorting } from './data-table.tsx'
import { Page } from './page.tsx'
import { Empty, Failed, Loading } from './states.tsx'

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
})

interface Given<T> {
  readonly title: string
  readonly list: UseQueryResult<readonly T[]>
  readonly columns: readonly Column<T>[]
  readonly idOf: (row: T) => string
  /** What the filter looks through. */
  readonly textOf: (row: T) => string
  readonly empty: string
  readonly advice?: string
  readonly actions?: ReactNode
  /** Beside the filter by text. */
  readonly filters?: ReactNode
}

/** A page that is one list: loading, empty, failed, filtered to nothing; filter and order are in the address. */
export function ListPage<T extends object>(given: Given<T>) {
  const { title, list, actions } = given
  const texts = useTexts()
  const refresh = (
    <Button
      appearance="subtle"
      icon={<ArrowClockwiseRegular />}
      disabled={list.isFetching}
      onClick={() => list.refetch()}
    >
      {texts.refresh}
    </Button>
  )
  return (
    <Page
      title={title}
      actions={
        <>
          {actions}
          {refresh}
        </>
      }
    >
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={list.refetch} />}
      {list.data?.length === 0 && (
        <Empty title={given.empty} {...(given.advice !== undefined && { advice: given.advice })} />
      )}
      {list.data !== undefined && list.data.length > 0 && <Rows given={given} rows={list.data} />}
    </Page>
  )
}

function Rows<T extends object>({ given, rows }: { given: Given<T>; rows: readonly T[] }) {
  const { title, columns, idOf, textOf, filters } = given
  const styles = useStyles()
  const texts = useTexts()
  const [{ filter, sorting }, change] = useListView()
  const wanted = filter.toLowerCase()
  const shown =
    wanted === '' ? rows : rows.filter((row) => textOf(row).toLowerCase().includes(wanted))
  return (
    <>
      <div className={styles.row}>
        <SearchBox
          placeholder={texts.filterText}
          aria-label={texts.filterText}
          value={filter}
          onChange={(_, { value }) => change({ filter: value, sorting })}
        />
        {filters}
        <Text size={200} role="status">
          {texts.shown(shown.length, rows.length)}
        </Text>
      </div>
      {shown.length === 0 ? (
        <Empty title={texts.filtered}>
          <Button onClick={() => change({ filter: '', sorting })}>{texts.clearFilter}</Button>
        </Empty>
      ) : (
        <DataTable
          label={title}
          rows={shown}
          columns={columns}
          idOf={idOf}
          sorting={sorting}
          onSort={(sorting) => change({ filter, sorting })}
        />
      )}
    </>
  )
}

interface View {
  readonly filter: string
  readonly sorting: Sorting | null
}

function useListView(): [View, (view: View) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const navigate = useNavigate()
  const sort = typeof search.sort === 'string' ? search.sort : ''
  const sorting = sort === '' ? null : { id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }
  const filter = typeof search.filter === 'string' ? search.filter : ''
  const change = ({ filter, sorting }: View) => {
    const { filter: _, sort: __, ...rest } = search
    const next = {
      ...rest,
      ...(filter !== '' && { filter }),
      ...(sorting !== null && { sort: `${sorting.desc ? '-' : ''}${sorting.id}` }),
    }
    void navigate({ to: '.', search: next as never, replace: true })
  }
  return [{ filter, sorting }, change]
}
