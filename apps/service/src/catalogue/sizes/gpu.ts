import { DISKS_32, type Family, NICS_8 } from './family.ts'

const OLD = '6:56 12:112 24:224'
const NC_TEMP = '736 1474 2948 2948'
const ND = { disks: '96:16', nics: '96:8', gpus: '8', is: 'gen2 premium smt rdma' }
const RTX = { nics: '8:2 32:4 64:6 128:8', is: 'gen2 premium smt nvme' }

/** GPU and FPGA: NC, ND, NG, NP and NV. */
// biome-ignore format: a table
export const gpu: readonly Family[] = [
  { family: 'standardNCFamily', series: 'NC', names: 'NC*', sizes: `${OLD} 24r:224`, disks: '6:24 12:48 24:64', nics: '6:1 12:2 24:4', temp: '340 680 1440 1440', gpus: '1 2 4 4', is: 'gen1 plain old' },
  { family: 'standardNCPromoFamily', series: 'NC', names: 'NC*_Promo', sizes: `${OLD} 24r:224`, disks: '6:24 12:48 24:64', nics: '6:1 12:2 24:4', temp: '340 680 1440 1440', gpus: '1 2 4 4', is: 'gen1 plain old kept' },
  { family: 'standardNCSv2Family', series: 'NCv2', names: 'NC*s_v2', sizes: '6:112 12:224 24:448 24r:448', disks: '6:12 12:24 24:32', nics: '6:4 12:8', temp: NC_TEMP, gpus: '1 2 4 4', is: 'gen1 gen2 premium' },
  { family: 'standardNCSv3Family', series: 'NCv3', names: 'NC*s_v3', sizes: '6:112 12:224 24:448 24r:448', disks: '6:12 12:24 24:32', nics: '6:4 12:8', temp: NC_TEMP, gpus: '1 2 4 4', is: 'gen1 gen2 premium' },
  { family: 'Standard NCASv3_T4 Family', series: 'NCasT4_v3', names: 'NC*as_T4_v3', sizes: '4:28 8:56 16:110 64:440', disks: DISKS_32, nics: '4:2 8:4 16:8', temp: '176 352 352 2816', gpus: '1 1 1 4', is: 'gen1 gen2 premium' },
  { family: 'StandardNCADSA100v4Family', series: 'NC_A100_v4', names: 'NC*ads_A100_v4', sizes: '24:220 48:440 96:880', disks: '24:8 48:16 96:32', nics: '24:2 48:4 96:8', temp: '64 128 256', nvme: 37.2529, gpus: '1 2 4', is: 'gen2 premium' },
  { family: 'StandardNCADSA10v4Family', series: 'NCadsA10_v4', names: 'NC*ads_A10_v4', sizes: '8:100 16:200 32:400', disks: '8:8 16:16 32:32', nics: NICS_8, temp: 180, gpus: '1 1 2', is: 'gen1 gen2 premium' },
  { family: 'StandardNCadsH100v5Family', series: 'NCadsH100_v5', names: 'NC*_H100_v5', sizes: '40ads:320 80adis:640', disks: '40:8 80:16', nics: '40:2 80:4', nvme: 89.4, gpus: '1 2', is: 'gen2 premium' },
  { family: 'StandardNCCads2023Family', series: 'NCCadsH100_v5', names: 'NCC*ads_H100_v5', sizes: '40:320', disks: '40:8', nics: '40:2', gpus: '1', is: 'gen2 premium snp' },
  { family: 'StandardNCdsRTXPRO6000BSEv6XLFamily', series: 'NC_RTXPRO6000BSE_v6', names: 'NC*ds_xl_RTXPRO6000BSE_v6', sizes: '32 64 128 256 320', gb: 4, ...RTX, disks: '32:1 64:2 128:8 256:16', gpus: '1 1 1 2 2' },
  { family: 'StandardNCdsRTXPRO6000BSEv6XLFamily', series: 'NC_RTXPRO6000BSE_v6', names: 'NC*ds_xl_RTXPRO6000BSE_v6', sizes: '36 72 132 144 264 288 324', gb: 4, ...RTX, disks: '36:1 72:2', gpus: '1 1 1 1 2 2 2' },
  { family: 'StandardNCdsRTXPRO6000BSEv6XLFamily', series: 'NC_RTXPRO6000BSE_v6', names: 'NC*lds_xl_RTXPRO6000BSE_v6', sizes: '8 16 32 64 128 256 320', gb: 2, ...RTX, disks: '8:1 64:2 128:8 256:16', gpus: '1 1 1 1 1 2 2' },
  { family: 'StandardNCdsRTXPRO6000BSEv6XLFamily', series: 'NC_RTXPRO6000BSE_v6', names: 'NC*lds_xl_RTXPRO6000BSE_v6', sizes: '24 36 72 132 144 264 288 324', gb: 2, ...RTX, disks: '24:1 72:2', gpus: '1 1 1 1 1 2 2 2' },
  { family: 'standardNDSFamily', series: 'ND', names: 'ND*s', sizes: '6:112 12:224 24:448 24r:448', disks: '6:12 12:24 24:32', nics: '6:4 12:8', temp: NC_TEMP, gpus: '1 2 4 4', is: 'gen1 gen2 premium' },
  { family: 'standardNDSv2Family', series: 'NDv2', names: 'ND*s_v2', sizes: '40r:672', disks: '40:8', nics: '40:8', temp: '2948', gpus: '8', is: 'gen2 premium rdma' },
  { family: 'Standard NDASv4_A100 Family', series: 'NDasrA100_v4', names: 'ND*asr_v4', sizes: '96:900', ...ND, temp: '6000' },
  { family: 'standard NDAMSv4_A100Family', series: 'NDm_A100_v4', names: 'ND*amsr_A100_v4', sizes: '96:1800', ...ND, temp: '6400' },
  { family: 'standardNDSH100v5Family', series: 'ND_H100_v5', names: 'ND*isr_H100_v5', sizes: '96:1900', ...ND, temp: '1000', nvme: 298 },
  { family: 'standardNDISRH200V5Family', series: 'ND_H200_v5', names: 'ND*isr_H200_v5', sizes: '96:1850', ...ND, temp: '1000', nvme: 298 },
  { family: 'standardNDISv5MI300XFamily', series: 'ND_MI300X_v5', names: 'ND*_MI300X_v5', sizes: '96is:1850 96isr:1850', ...ND, temp: '1000 1000', nvme: 298, gpus: '8 8' },
  { family: 'standardNDISRGB200V6NDRFamily', series: 'ND_GB200_v6', names: 'ND*isr_NDR_GB200_v6', sizes: '128:900', disks: '128:16', nics: '128:8', gpus: '4', is: 'gen2 premium arm64 nvme rdma' },
  { family: 'standardNDISRGB300V6Family', series: 'ND_GB300_v6', names: 'ND*isr_GB300_v6', sizes: '128:900', disks: '128:16', nics: '128:8', gpus: '4', is: 'gen2 premium arm64 nvme rdma' },
  { family: 'StandardNGADSV620v1Family', series: 'NGadsV620', names: 'NG*_V620_v1', sizes: '8ads:16 16ads:32 32ads:64 32adms:176', disks: '8:8 16:16 32:32', nics: NICS_8, temp: '256 512 1024 1024', gpus: '1 1 1 1', is: 'gen1 gen2 premium smt' },
  { family: 'standardNPSFamily', series: 'NP', names: 'NP*s', sizes: '10:168 20:336 40:672', disks: '10:8 20:16 40:32', nics: '10:1 20:2 40:4', temp: '736 1474 2948', gpus: '1 2 4', is: 'gen1 premium' },
  { family: 'standardNVFamily', series: 'NV', names: 'NV*', sizes: OLD, disks: '6:24 12:48 24:64', nics: '6:1 12:2 24:4', temp: '340 680 1440', gpus: '1 2 4', is: 'gen1 plain old' },
  { family: 'standardNVPromoFamily', series: 'NV', names: 'NV*_Promo', sizes: OLD, disks: '6:24 12:48 24:64', nics: '6:1 12:2 24:4', temp: '340 680 1440', gpus: '1 2 4', is: 'gen1 plain old kept' },
  { family: 'standardNVSv2Family', series: 'NVv2', names: 'NV*s_v2', sizes: '6:112 12:224 24:448', disks: '6:12 12:24 24:32', nics: '6:4 12:8', temp: '320 640 1280', gpus: '1 2 4', is: 'gen1 gen2 premium' },
  { family: 'standardNVSv3Family', series: 'NVv3', names: 'NV*s_v3', sizes: '12:112 24:224 48:448', disks: '12:12 24:24 48:32', nics: '12:4 24:8', temp: '320 640 1280', gpus: '1 2 4', is: 'gen1 gen2 premium smt' },
  { family: 'standardNVSv4Family', series: 'NVv4', names: 'NV*as_v4', sizes: '4:14 8:28 16:56 32:112', disks: DISKS_32, nics: '4:2 8:4 16:8', temp: '88 176 352 704', gpus: '1 1 1 1', is: 'gen1 gen2 premium smt' },
  { family: 'StandardNVADSA10v5Family', series: 'NVadsA10_v5', names: 'NV*_A10_v5', sizes: '6ads:55 12ads:110 18ads:220 36ads:440 36adms:880 72ads:880', disks: '6:4 12:8 18:16 36:32', nics: '6:2 18:4 36:4 72:8', temp: '180 360 720 1440 2880 2880', gpus: '1 1 1 1 1 2', is: 'gen1 gen2 premium smt' },
  { family: 'StandardNVadsV710v5Family', series: 'NVadsV710_v5', names: 'NV*_V710_v5', sizes: '4ads:16 8ads:32 12ads:64 24ads:128 28adms:160', disks: '4:2 8:4 12:6 24:12 28:14', nics: '4:2 8:4 24:8', gpus: '1 1 1 1 1', is: 'gen2 premium smt nvme' },
]
