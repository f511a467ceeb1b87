import { Button, makeStyles, Text, tokens } from '@fluentui/react-components'
import { AddRegular, DeleteRegular } from '@fluentui/react-icons'
import { Choice } from '../../components/choice.tsx'
import { TextField } from '../../components/text-field.tsx'
import { useTexts } from '../../texts/texts.ts'
import type { DraftCondition } from './draft.ts'

const NEW: DraftCondition = { field: 'entities.vm.id', operator: 'in', values: [''] }

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  row: {
    display: 'grid',
    gridTemplateColumns: '14.5rem 8.5rem 1fr auto',
    gap: tokens.spacingHorizontalS,
    alignItems: 'start',
    '@media (max-width: 600px)': { gridTemplateColumns: '1fr' },
  },
  remove: { alignSelf: 'center' },
  add: { alignSelf: 'flex-start' },
})

interface Given {
  readonly of: readonly DraftCondition[]
  readonly onChange: (conditions: readonly DraftCondition[]) => void
}

/** What must hold of an alert for a rule to hide it. */
export function Conditions({ of, onChange }: Given) {
  const { suppression } = useTexts().govern
  const styles = useStyles()
  const put = (at: number, change: Partial<DraftCondition>) =>
    onChange(of.map((one, i) => (i === at ? { ...one, ...change } : one)))
  return (
    <fieldset className={styles.list} style={{ border: 'none', padding: 0, margin: 0 }}>
      <legend>{suppression.conditions}</legend>
      <Text size={200}>{suppression.allMustHold}</Text>
      {of.map((one, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a condition is known by its place alone
        <div key={i} className={styles.row}>
          <Choice
            label={suppression.field}
            value={one.field}
            of={Object.entries(suppression.fields)}
            onChoose={(field) => put(i, { field })}
          />
          <Choice
            label={suppression.operator}
            value={one.operator}
            of={Object.entries(suppression.operators)}
            onChoose={(operator) => put(i, { operator: operator as DraftCondition['operator'] })}
          />
          <div className={styles.list}>
            {linesOf(one).map((value, line, lines) => (
              <TextField
                // biome-ignore lint/suspicious/noArrayIndexKey: a value is known by its place alone
                key={line}
                label={suppression.value}
                value={value}
                {...(line > 0 && line === lines.length - 1 && { hint: suppression.values })}
                onType={(typed) => put(i, { values: lines.with(line, typed) })}
              />
            ))}
          </div>
          <Button
            className={styles.remove}
            appearance="subtle"
            icon={<DeleteRegular />}
            aria-label={suppression.removeCondition(i + 1)}
            onClick={() => onChange(of.filter((_, at) => at !== i))}
          />
        </div>
      ))}
      <Button className={styles.add} icon={<AddRegular />} onClick={() => onChange([...of, NEW])}>
        {suppression.addCondition}
      </Button>
    </fieldset>
  )
}

/** The values of a condition, each in a line of its own, since it may have any character; and a line for one more. */
function linesOf({ operator, values }: DraftCondition): readonly string[] {
  if (operator === 'contains') return [values[0] ?? '']
  return values.at(-1) === '' ? values : [...values, '']
}
