import {
  Field,
  Input,
  makeStyles,
  ProgressBar,
  Radio,
  RadioGroup,
  Text,
  tokens,
} from '@fluentui/react-components'
import { useState } from 'react'
import { Go } from '../components/go.tsx'
import { MayButton } from '../components/may-button.tsx'
import { Page } from '../components/page.tsx'
import { Row } from '../components/row.tsx'
import { Failed } from '../components/states.tsx'
import { paths } from '../paths.ts'
import { type ImportStage, useImageImport } from '../queries/image-import.ts'
import { nameIn } from '../resource-names.ts'
import { useSubscription } from '../session/subscription.tsx'
import { useTexts } from '../texts/texts.ts'
import { Report } from './image/report.tsx'

const NAME = /^[a-z\d](?:[\w.-]{0,78}\w)?$/i

const useStyles = makeStyles({
  form: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    maxWidth: '46rem',
  },
})

/** Somebody's disk becomes an image: sent from here or fetched, looked at, and told about. */
export default function Import() {
  const { create } = useTexts()
  const { run, stage } = useImageImport()
  const taken = run.data ?? null
  return (
    <Page title={create.import}>
      {run.isPending && <Stage of={stage} />}
      {run.isError && <Failed error={run.error} />}
      {taken !== null && (
        <>
          <Row>
            <Text size={400} weight="semibold" role="status">
              {create.imported(nameIn(taken))}
            </Text>
            <Go to={paths.image(taken)}>{create.look(nameIn(taken))}</Go>
          </Row>
          <Report id={taken} />
        </>
      )}
      {/* What was told is still there when it was refused. */}
      <div hidden={run.isPending || taken !== null}>
        <Ask take={run.mutate} />
      </div>
    </Page>
  )
}

function Stage({ of }: { of: ImportStage | null }) {
  const { create, loading } = useTexts()
  const said = of === null ? loading : create.stages[of.stage]
  return (
    <Field label={said} hint={of?.step ?? (of === null ? null : `${of.percent} %`)}>
      <ProgressBar {...(of !== null && { value: of.percent / 100 })} />
    </Field>
  )
}

function Ask({ take }: { take: ReturnType<typeof useImageImport>['run']['mutate'] }) {
  const { create, machines } = useTexts()
  const { id: subscription } = useSubscription()
  const [name, setName] = useState('')
  const [groupName, setGroup] = useState('default')
  const [kind, choose] = useState<'file' | 'address'>('file')
  const [file, setFile] = useState<File | null>(null)
  const [address, setAddress] = useState('')
  const group = `${subscription}/resourceGroups/${groupName}`
  const source = kind === 'file' ? file : address.trim()
  const isNamed = NAME.test(name)
  const isWhole = isNamed && groupName !== '' && source !== null && source !== ''
  return (
    <div className={useStyles().form}>
      <Text>{create.importAbout}</Text>
      <Field
        label={machines.name}
        required
        {...(name !== '' &&
          !isNamed && { validationState: 'error', validationMessage: create.faults.imageName })}
      >
        <Input value={name} maxLength={80} onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label={machines.group} required>
        <Input value={groupName} maxLength={90} onChange={(_, { value }) => setGroup(value)} />
      </Field>
      <Field label={create.source}>
        <RadioGroup value={kind} onChange={(_, { value }) => choose(value as typeof kind)}>
          <Radio value="file" label={create.ofFile} />
          <Radio value="address" label={create.ofAddress} />
        </RadioGroup>
      </Field>
      {kind === 'file' ? (
        <Field label={create.file} hint={create.fileHint} required>
          {(control) => (
            <input
              {...control}
              type="file"
              onChange={({ target }) => setFile(target.files?.[0] ?? null)}
            />
          )}
        </Field>
      ) : (
        <Field label={create.address} hint={create.addressHint} required>
          <Input
            type="url"
            value={address}
            maxLength={2_048}
            onChange={(_, { value }) => setAddress(value)}
          />
        </Field>
      )}
      <Row>
        <MayButton
          appearance="primary"
          needs={{ action: 'Microsoft.Compute/images/write', scope: group }}
          why={isWhole ? undefined : create.notYetImage}
          onClick={() => take({ subscription, group, name, source: source! })}
        >
          {create.import}
        </MayButton>
      </Row>
    </div>
  )
}
