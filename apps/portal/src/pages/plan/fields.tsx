import { makeStyles, Switch, tokens } from '@fluentui/react-components'
import { Choice } from '../../components/choice.tsx'
import { TextField } from '../../components/text-field.tsx'
import { type Document, usePolicies } from '../../queries/plans.ts'
import { useTexts } from '../../texts/texts.ts'
import { AudienceRows, type Audiences } from './audiences.tsx'
import { FailureRows, type Failures } from './failures.tsx'

const useStyles = makeStyles({
  fields: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    maxWidth: '44rem',
  },
  part: {
    ...{ border: 'none', padding: 0, margin: 0 },
    display: 'flex',
    flexDirection: 'column',
  },
})

const RETIREMENTS = ['retireAfterBoots', 'retireAfterDays'] as const

interface Given {
  readonly of: Document
  readonly onChange: (document: Document) => void
}

/** A plan, setting by setting; one that is left empty is not set, and what no field is for stays as it is. */
export function PlanFields({ of, onChange }: Given) {
  const { plans: words } = useTexts().govern
  const styles = useStyles()
  const policies = usePolicies().data ?? []
  const { references = {} } = of as { references?: Document }
  const put = (name: string, value: unknown) => onChange(withMember(of, name, value))
  const refer = (name: string, value: unknown) => {
    const next = withMember(references, name, value)
    put('references', Object.keys(next).length === 0 ? undefined : next)
  }
  return (
    <div className={styles.fields}>
      <TextField
        label={words.name}
        value={String(of.name ?? '')}
        required
        hint={words.nameHint}
        max={128}
        onType={(name) => put('name', name)}
      />
      <Choice
        label={words.policy}
        value={String(of.policy ?? '')}
        of={[['', words.fromAbove], ...policies.map(({ name }) => [name, name] as const)]}
        onChoose={(policy) => put('policy', policy || undefined)}
      />
      <TextField
        label={words.interval}
        type="number"
        value={String(of.intervalSeconds ?? '')}
        hint={words.intervalHint}
        onType={(text) => put('intervalSeconds', numberIn(text))}
      />
      <TextField
        label={words.silence}
        type="number"
        value={String(of.silenceSeconds ?? '')}
        hint={words.silenceHint}
        onType={(text) => put('silenceSeconds', numberIn(text))}
      />
      <FailureRows
        of={(of.failures ?? {}) as Failures}
        onChange={(failures) =>
          put('failures', Object.keys(failures).length === 0 ? undefined : failures)
        }
      />
      <fieldset className={styles.part}>
        <legend>{words.references}</legend>
        <Switch
          label={words.approveSigned}
          checked={references.approve === 'signed-images'}
          onChange={(_, { checked }) => refer('approve', checked ? 'signed-images' : undefined)}
        />
        <Switch
          label={words.trustOnFirstUse}
          checked={references.trustOnFirstUse === true}
          onChange={(_, { checked }) => refer('trustOnFirstUse', checked ? true : undefined)}
        />
        {RETIREMENTS.map((name) => (
          <TextField
            key={name}
            label={words[name]}
            type="number"
            value={String(references[name] ?? '')}
            hint={words[`${name}Hint`]}
            onType={(text) => refer(name, numberIn(text))}
          />
        ))}
      </fieldset>
      <AudienceRows
        of={(of.audiences ?? {}) as Audiences}
        onChange={(audiences) =>
          put('audiences', Object.keys(audiences).length === 0 ? undefined : audiences)
        }
      />
    </div>
  )
}

/** `undefined`: without it. */
function withMember(of: Document, name: string, value: unknown): Document {
  const { [name]: _, ...rest } = of
  return value === undefined ? rest : { ...of, [name]: value }
}

function numberIn(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text)
}
