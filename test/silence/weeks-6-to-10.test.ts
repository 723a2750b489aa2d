import { liveThroughWeeks } from './weeks.ts'

liveThroughWeeks([6, 7, 8, 9, 10])
