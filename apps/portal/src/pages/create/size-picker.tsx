import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Link,
  MessageBar,
  MessageBarBody,
  makeStyles,
  SearchBox,
  Switch,
  Text,
  tokens,
} from '@fluentui/react-components'
import type { OfferedSize } from '@trusted-launch/api'
import { useMemo, useState } from 'react'
import { type Column, DataTable, type Sorting } from '../../components/data-table.tsx'
import { Row } from '../../components/row.tsx'
import { Empty, Failed, Loading } from '../../components/states.tsx'
import { useOfferedSizes } from '../../queries/offered-sizes.ts'
import { useTexts } from '../../texts/texts.ts'
import { useForm } from './form.ts'

const ABOUT = 'size-about'

const useStyles = makeStyles({
  surface: { maxWidth: 'min(60rem, 95vw)', width: '95vw' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
})

interface Given {
  readonly onChoose: (size: string) => void
  readonly onClose: () => void
}

/** Every size there is: what it has, and why it can't be had where it can't. */
export default function SizePicker({ onChoose, onClose }: Given) {
  const texts = useTexts()
  const { create } = texts
  const styles = useStyles()
  const { draft } = useForm()
  const sizes = useOfferedSizes(draft)
  const [name, look] = useState(draft.size)
  const looked = sizes.data?.find((one) => one.name === name)
  return (
    <Dialog open onOpenChange={(_, { open }) => open || onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{create.chooseSize}</DialogTitle>
          <DialogContent className={styles.content}>
            {sizes.isPending && <Loading />}
            {sizes.isError && <Failed error={sizes.error} retry={sizes.refetch} />}
            {sizes.data !== undefined && <Sizes of={sizes.data} chosen={name} look={look} />}
            {looked !== undefined && <About of={looked} />}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{texts.cancel}</Button>
            <Button
              appearance="primary"
              disabledFocusable={looked === undefined || looked.refusal !== null}
              {...(looked !== undefined && { 'aria-describedby': ABOUT })}
              onClick={() => onChoose(name)}
            >
              {create.choose(name)}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

function Sizes(given: {
  of: readonly OfferedSize[]
  chosen: string
  look: (name: string) => void
}) {
  const { of, chosen, look } = given
  const texts = useTexts()
  const { create } = texts
  const [wanted, want] = useState('')
  const [isAll, showAll] = useState(true)
  const [sorting, sort] = useState<Sorting | null>(null)
  const columns = useColumns(chosen, look)
  const text = wanted.toLowerCase()
  const shown = of.filter(
    ({ name, refusal }) => name.toLowerCase().includes(text) && (isAll || refusal === null),
  )
  return (
    <>
      <Row>
        <SearchBox
          placeholder={create.searchSizes}
          aria-label={create.searchSizes}
          value={wanted}
          onChange={(_, { value }) => want(value)}
        />
        <Switch
          label={create.onlyHad}
          checked={!isAll}
          onChange={(_, { checked }) => showAll(!checked)}
        />
        <Text size={200} role="status">
          {texts.shown(shown.length, of.length)}
        </Text>
      </Row>
      {shown.length === 0 ? (
        <Empty title={texts.filtered} />
      ) : (
        <DataTable
          label={create.chooseSize}
          rows={shown}
          columns={columns}
          idOf={({ name }) => name}
          sorting={sorting}
          onSort={sort}
          maxHeight="40vh"
        />
      )}
    </>
  )
}

function useColumns(chosen: string, look: (name: string) => void): readonly Column<OfferedSize>[] {
  const { create, machines } = useTexts()
  return useMemo(
    () => [
      {
        ...{ id: 'name', title: machines.size, width: 15, value: ({ name }) => name },
        cell: ({ name }) => (
          <Link
            as="button"
            appearance="subtle"
            inline
            aria-pressed={name === chosen}
            onClick={() => look(name)}
          >
            {name}
          </Link>
        ),
      },
      { id: 'vcpus', title: create.vcpus, width: 5, value: ({ vcpus }) => vcpus },
      { id: 'memory', title: create.memory, width: 6, value: ({ memoryGib }) => memoryGib },
      {
        ...{ id: 'why', title: create.whyNot },
        value: ({ refusal }) => refusal?.message ?? '',
        cell: ({ refusal }) =>
          refusal !== null && <span title={refusal.message}>{refusal.message}</span>,
      },
    ],
    [create, machines, chosen, look],
  )
}

/** All that is known of the one that is looked at. */
function About({
  of: { name, vcpus, memoryGib, gpus, dataDisksMax, refusal, notices },
}: {
  of: OfferedSize
}) {
  const { create } = useTexts()
  return (
    <div id={ABOUT} role="status">
      <Text>{create.sizeAbout(name, vcpus, memoryGib, gpus, dataDisksMax)}</Text>
      {refusal !== null && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>{refusal.message}</MessageBarBody>
        </MessageBar>
      )}
      {notices.map(({ code, message }) => (
        <MessageBar key={code} intent="warning" layout="multiline">
          <MessageBarBody>{message}</MessageBarBody>
        </MessageBar>
      ))}
    </div>
  )
}
