/** The same as monitoring.e2e.ts, with twenty power cuts. */
process.env.TL_POWER_CUTS = '20'
await import('./monitoring.e2e.ts')
