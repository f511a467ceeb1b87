import { Button, Field, Input, Text } from '@fluentui/react-components'
import { Row } from '../../components/row.tsx'
import { useTexts } from '../../texts/texts.ts'
import { useFault, useForm } from './form.ts'

const SIZE_FIRST = '4'

/** How large its own disk is, and empty ones beside it. */
export function Disks() {
  const { create, resources } = useTexts()
  const { draft, change, known } = useForm()
  const { dataDisksGib } = draft
  const image = known.image?.diskGib
  const fault = useFault('dataDisks')
  const put = (next: readonly string[]) => change({ dataDisksGib: next })
  return (
    <>
      <Field
        label={create.osDisk}
        hint={image == null ? create.osDiskHint : create.osDiskAs(image)}
        {...useFault('osDisk')}
      >
        <Input
          inputMode="numeric"
          value={draft.osDiskGib}
          onChange={(_, { value: osDiskGib }) => change({ osDiskGib })}
        />
      </Field>
      {dataDisksGib.map((gib, lun) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: its place is what it is known by
        <Row key={lun}>
          <Field label={create.dataDisk(lun)} {...fault}>
            <Input
              inputMode="numeric"
              value={gib}
              onChange={(_, { value }) => put(dataDisksGib.with(lun, value))}
            />
          </Field>
          <Button
            aria-label={`${resources.remove}: ${create.dataDisk(lun)}`}
            onClick={() => put(dataDisksGib.toSpliced(lun, 1))}
          >
            {resources.remove}
          </Button>
        </Row>
      ))}
      <Row>
        <Button onClick={() => put([...dataDisksGib, SIZE_FIRST])}>{create.addDisk}</Button>
      </Row>
      <Text>{resources.notMeasured}</Text>
    </>
  )
}
