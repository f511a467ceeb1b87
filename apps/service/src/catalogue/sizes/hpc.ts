import type { Family } from './family.ts'

const HB = { disks: '60:4 120:32', nics: '60:8' }

/** High performance computing: H, HB, HC and HX. */
// biome-ignore format: a table
export const hpc: readonly Family[] = [
  { family: 'standardHFamily', series: 'H', names: 'H*', sizes: '8:56 16:112 8m:112 16m:224', disks: '8:32 16:64', nics: '8:2 16:4', temp: 125, is: 'gen1 plain old' },
  { family: 'standardHFamily', series: 'H', names: 'H*', sizes: '16r:112 16mr:224', disks: '16:64', nics: '16:4', temp: 125, is: 'gen1 plain old rdma' },
  { family: 'standardHPromoFamily', series: 'H', names: 'H*_Promo', sizes: '8:56 16:112 8m:112 16m:224', disks: '8:32 16:64', nics: '8:2 16:4', temp: 125, is: 'gen1 plain old kept' },
  { family: 'standardHPromoFamily', series: 'H', names: 'H*_Promo', sizes: '16r:112 16mr:224', disks: '16:64', nics: '16:4', temp: 125, is: 'gen1 plain old rdma kept' },
  { family: 'standardHBSFamily', series: 'HB', names: 'HB*rs', sizes: '60:228 60-15 60-30 60-45', ...HB, temp: '700', is: 'gen1 gen2 premium rdma' },
  { family: 'standardHBrsv2Family', series: 'HBv2', names: 'HB*rs_v2', sizes: '120:456 120-16 120-32 120-64 120-96', ...HB, temp: '480', is: 'gen1 gen2 premium rdma' },
  { family: 'standardHBv3Family', series: 'HBv3', names: 'HB*rs_v3', sizes: '120:456 120-16 120-32 120-64 120-96', ...HB, temp: '480', is: 'gen1 gen2 premium rdma' },
  { family: 'standardHBv4Family', series: 'HBv4', names: 'HB*rs_v4', sizes: '176:768 176-24 176-48 176-96 176-144', ...HB, temp: '480', is: 'gen2 premium rdma' },
  { family: 'standardHBv5Family', series: 'HBv5', names: 'HB*rs_v5', sizes: '368:448 368-48 368-96 368-144 368-192 368-240 368-288 368-336', ...HB, temp: '480', is: 'gen2 premium rdma' },
  { family: 'standardHCSFamily', series: 'HC', names: 'HC*rs', sizes: '44:352 44-16 44-32', disks: '44:4', nics: '44:8', temp: '700', is: 'gen1 gen2 premium rdma' },
  { family: 'standardHXFamily', series: 'HX', names: 'HX*rs', sizes: '176:1408 176-24 176-48 176-96 176-144', ...HB, temp: '480', is: 'gen2 premium rdma' },
]
