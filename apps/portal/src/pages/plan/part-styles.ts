import { makeStyles, tokens } from '@fluentui/react-components'

const NARROW = '@media (max-width: 600px)'

/** Of a part of a plan that has a row for each name. */
export const usePartStyles = makeStyles({
  part: {
    ...{ border: 'none', padding: 0, margin: 0 },
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
  /** A failure: its name, how bad it is, what is done, and the way out. */
  row: {
    display: 'grid',
    gridTemplateColumns: '1fr 8.5rem 15rem auto',
    gap: tokens.spacingHorizontalS,
    alignItems: 'end',
    [NARROW]: { gridTemplateColumns: '1fr' },
  },
  /** An audience: what it is told, and the way out. */
  told: {
    display: 'grid',
    gridTemplateColumns: '1fr auto',
    gap: tokens.spacingHorizontalS,
    alignItems: 'end',
  },
  name: { overflowWrap: 'anywhere', alignSelf: 'center' },
  new: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'end' },
})
