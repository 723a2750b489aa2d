import { liveThroughWeeks } from './weeks.ts'

// Twenty seeds in four files, so that each core has its share. They have every kind of outage, and half of them a site that
// is cut off.
liveThroughWeeks([1, 2, 3, 4, 5])
