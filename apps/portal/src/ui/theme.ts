import {
  type Theme,
  teamsHighContrastTheme,
  webDarkTheme,
  webLightTheme,
} from '@fluentui/react-components'
import { useSyncExternalStore } from 'react'
import type { ThemeName } from './settings.ts'

const dark = matchMedia('(prefers-color-scheme: dark)')
const contrast = matchMedia('(prefers-contrast: more)')

/** The theme by its name; `system`: as the browser says, also when that changes. */
export function useTheme(name: ThemeName): Theme {
  const system = useSyncExternalStore(listen, ofSystem)
  const chosen = name === 'system' ? system : name
  if (chosen === 'contrast') return teamsHighContrastTheme
  return chosen === 'dark' ? webDarkTheme : webLightTheme
}

function ofSystem(): Exclude<ThemeName, 'system'> {
  if (contrast.matches) return 'contrast'
  return dark.matches ? 'dark' : 'light'
}

function listen(changed: () => void): () => void {
  for (const query of [dark, contrast]) query.addEventListener('change', changed)
  return () => {
    for (const query of [dark, contrast]) query.removeEventListener('change', changed)
  }
}
