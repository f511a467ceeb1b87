import {
  Dropdown,
  Menu,
  MenuButton,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Option,
} from '@fluentui/react-components'
import { PersonRegular } from '@fluentui/react-icons'
import type { Subscription } from '../queries/subscriptions.ts'
import { signOut } from '../session/session.ts'
import type { Language } from '../texts/texts.ts'
import { useTexts } from '../texts/texts.ts'
import { useAppearance } from './appearance.tsx'
import type { ThemeName } from './settings.ts'

const useStyles = makeStyles({
  name: {
    maxWidth: '16rem',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    '@media (max-width: 600px)': { display: 'none' },
  },
})

const LANGUAGES: readonly (readonly [Language, string])[] = [
  ['en', 'English'],
  ['fr', 'Français'],
]
const THEMES: readonly ThemeName[] = ['system', 'light', 'dark', 'contrast']

interface Given {
  readonly name: string
  readonly subscriptions: readonly Subscription[]
  readonly chosen: Subscription | null
  readonly choose: (id: string) => void
}

/** Of which subscription pages are, who is signed in, and how pages look. */
export function Account({ name, subscriptions, chosen, choose }: Given) {
  const styles = useStyles()
  const texts = useTexts()
  const { settings, choose: set } = useAppearance()
  const checkedValues = { theme: [settings.theme], language: [settings.language] }
  return (
    <>
      {subscriptions.length > 1 && (
        <Dropdown
          aria-label={texts.subscription}
          value={chosen?.displayName ?? ''}
          selectedOptions={chosen === null ? [] : [chosen.id]}
          onOptionSelect={(_, { optionValue }) => choose(optionValue!)}
        >
          {subscriptions.map(({ id, displayName }) => (
            <Option key={id} value={id}>
              {displayName}
            </Option>
          ))}
        </Dropdown>
      )}
      <Menu
        checkedValues={checkedValues}
        onCheckedValueChange={(_, { name: what, checkedItems }) =>
          set({ [what]: checkedItems.at(-1) })
        }
      >
        <MenuTrigger disableButtonEnhancement>
          <MenuButton appearance="subtle" icon={<PersonRegular />} aria-label={name}>
            <span className={styles.name}>{name}</span>
          </MenuButton>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuGroup>
              <MenuGroupHeader>{texts.theme}</MenuGroupHeader>
              {THEMES.map((theme) => (
                <MenuItemRadio key={theme} name="theme" value={theme}>
                  {texts.themes[theme]}
                </MenuItemRadio>
              ))}
            </MenuGroup>
            <MenuDivider />
            <MenuGroup>
              <MenuGroupHeader>{texts.language}</MenuGroupHeader>
              {LANGUAGES.map(([language, label]) => (
                <MenuItemRadio key={language} name="language" value={language}>
                  {label}
                </MenuItemRadio>
              ))}
            </MenuGroup>
            <MenuDivider />
            <MenuItem onClick={() => signOut(false)}>{texts.signIn.out}</MenuItem>
            <MenuItem onClick={() => signOut(true)}>{texts.signIn.everywhere}</MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
    </>
  )
}
