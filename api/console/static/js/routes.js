/** Which page is at which address. */

import * as alerts from './pages/alerts.js';
import * as feed from './pages/feed.js';
import * as feeds from './pages/feeds.js';
import * as health from './pages/health.js';
import * as line from './pages/line.js';
import * as lines from './pages/lines.js';
import * as offer from './pages/offer.js';
import * as offers from './pages/offers.js';
import * as portfolio from './pages/portfolio.js';
import * as reconciliation from './pages/reconciliation.js';
import * as transactions from './pages/transactions.js';
import * as triggers from './pages/triggers.js';

export const ROUTES = [
  ['/', portfolio],
  ['/lines', lines],
  ['/lines/:line_id', line],
  ['/offers', offers],
  ['/offers/:offer_hash', offer],
  ['/feeds', feeds],
  ['/feeds/:address', feed],
  ['/triggers', triggers],
  ['/transactions', transactions],
  ['/reconciliation', reconciliation],
  ['/alerts', alerts],
  ['/health', health],
];

export const SECTIONS = [
  ['/', 'Portfolio'],
  ['/lines', 'Lines'],
  ['/offers', 'Offers'],
  ['/feeds', 'Feeds'],
  ['/triggers', 'Triggers'],
  ['/transactions', 'Transactions'],
  ['/reconciliation', 'Reconciliation'],
  ['/alerts', 'Alerts'],
  ['/health', 'Health'],
];
