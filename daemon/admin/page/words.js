'use strict';
/* What the page says, in Vietnamese and English. Keys are the same in both; a test compares them. */
const WORDS = {
  vi: {
    title: 'Tình trạng', skip: 'Tới nội dung chính', logout: 'Thoát', now: 'Hiện tại', plots: 'Biểu đồ', range: 'Khoảng thời gian',
    plotHint: 'Chạm vào biểu đồ, hoặc chọn rồi dùng phím mũi tên, để xem số.',
    registries: 'Hệ thống đăng ký', queue: 'Hàng đợi', partners: 'Đối tác', progress: 'Tiến độ chương trình',
    progressHint: 'Chỉ tính tên miền đăng ký qua cổng này. Kế hoạch không nêu cơ sở tính tỷ lệ thì chỉ ghi số đã có.',
    certificates: 'Chứng thư', errors: 'Cảnh báo, lỗi gần đây', states: 'Theo trạng thái', version: 'Phiên bản', epoch: 'lần chạy',
    since: 'từ', rules: 'Chính sách', live: 'trực tiếp', lost: 'mất kết nối, đang nối lại', connecting: 'đang nối',
    r10: '3 giờ', r60: '2 ngày', r900: '60 ngày', r21600: '5 năm', none: 'Không có.', all: 'mọi đuôi tên miền', nodata: 'Chưa có số liệu',
    'st.running': 'đang chạy', 'st.draining': 'đang ngừng nhận', 'st.starting': 'đang khởi động', 'st.stopping': 'đang dừng', 'st.store failing': 'lỗi kho dữ liệu',
    'st.ready': 'sẵn sàng', 'st.connecting': 'đang nối', 'st.stopped': 'đã dừng',
    drained: 'Cổng đang ngừng nhận theo lệnh của người vận hành: không nhận lô mới, yêu cầu đã nhận vẫn được gửi. vnepp drain --end để nhận lại.',
    pausedBadge: 'tạm dừng', 'p.registry': 'hệ thống', 'p.account': 'tài khoản', 'p.partner': 'đối tác', 'p.lane': 'làn', 'p.zone': 'đuôi',
    'p.grant': 'ưu đãi', 'p.paid': 'chỉ phần có phí', 'p.all': 'mọi việc gửi', noMoney: 'hết tiền',
    confirmBy: 'phải xác nhận trước', staged: 'chờ hiệu lực', by: 'do', effect: 'hiệu lực', unapproved: 'chưa được duyệt',
    session: 'Phiên', tls: 'TLS', theirs: 'chứng thư của họ đến', 'se.dialling': 'đang nối', 'se.greeting': 'chờ lời chào', 'se.login': 'đăng nhập',
    'se.ready': 'sẵn sàng', 'se.draining': 'đang kết thúc', 'se.logout': 'thoát', 'se.closing': 'đang đóng',
    limits: 'Giới hạn', limitsHint: 'Dùng nhiều nhất đứng trước. Vượt: số lần bị chặn, hoặc lẽ ra bị chặn nếu chỉ đếm thử.', limitsMore: 'Còn % giới hạn nữa: vnepp limits.',
    limitOf: 'Của', limitName: 'Giới hạn', overs: 'Vượt', resets: 'Tính lại', shadow: 'chỉ đếm thử',
    'o.registry': 'Hệ thống', 'o.account': 'Tài khoản', 'o.partner': 'Đối tác', 'o.programme': 'Chương trình',
    'n.sessions': 'phiên', 'n.window': 'lệnh chờ trả lời mỗi phiên', 'n.commands_per_second': 'lệnh mỗi giây', 'n.lines_per_second': 'dòng mỗi giây', 'n.uploads': 'lô nhận cùng lúc', 'n.max_queued': 'dòng chờ gửi', 'n.lines_per_day': 'dòng mới mỗi ngày',
    'n.check_per_second': 'kiểm tra mỗi giây', 'n.contact_per_second': 'liên hệ mỗi giây', 'n.create_per_second': 'đăng ký mỗi giây', 'n.renew_per_second': 'gia hạn mỗi giây', 'n.info_per_second': 'tra cứu mỗi giây',
    'n.check_per_day': 'kiểm tra mỗi ngày', 'n.contact_per_day': 'liên hệ mỗi ngày', 'n.create_per_day': 'đăng ký mỗi ngày', 'n.renew_per_day': 'gia hạn mỗi ngày', 'n.info_per_day': 'tra cứu mỗi ngày', 'n.taken_names_per_day': 'tên đã có chủ mỗi ngày',
    'r.each second': 'mỗi giây', 'r.when one ends': 'khi một lô xong', 'r.when one logs out': 'khi một phiên thoát', 'r.as answers come': 'khi có trả lời', 'r.as they are sent': 'khi đã gửi', 'r.never': 'không bao giờ',
    closed: 'Cổng đang không nhận lô mới: xem /readyz?verbose và nhật ký.', sandbox: 'thử nghiệm',
    tQueued: 'Trong hàng đợi', tFlight: 'Đang gửi', tDone: 'Xong từ khi chạy', tFailed: 'Thất bại từ khi chạy', tHeld: 'Chờ người xử lý',
    tDoubt: 'Chưa rõ kết quả', tErrors: 'Lỗi từ khi chạy', oldest: 'cũ nhất', warnings: 'cảnh báo', ofThem: 'trong đó',
    'i.queued': 'chờ gửi', 'i.waiting': 'thiếu hồ sơ', 'i.review': 'chờ duyệt', 'i.refused': 'từ chối', 'i.sending': 'đang gửi',
    'i.done': 'xong', 'i.failed': 'thất bại', 'i.pending': 'chờ cơ quan quản lý tên miền', 'i.unknown': 'chưa rõ', 'i.reconciling': 'đang đối soát',
    'i.needs_human': 'cần người xem xét', 'i.cancelled': 'đã hủy',
    pThroughput: 'Thông lượng, mỗi giây', pQueue: 'Hàng đợi, mục', pLatency: 'Thời gian đáp ứng, ms', pLimit: 'Mức dùng giới hạn, %',
    done: 'xong', failed: 'thất bại', lines: 'nhận vào', queued: 'chờ gửi', held: 'chờ người xử lý', doubt: 'chưa rõ',
    registry_us: 'hệ thống đăng ký', api_us: 'API', store_us: 'kho dữ liệu', limit_ppm: 'giới hạn lệnh', high: 'cao nhất', latest: 'mới nhất',
    account: 'Tài khoản', state: 'Trạng thái', sessions: 'Phiên', inFlight: 'Đang chờ trả lời', limit: 'Giới hạn lệnh', latency: 'Trung bình',
    lastError: 'Lỗi gần nhất', perSecond: '/giây', noLimit: 'không đặt', retryIn: 'thử lại sau', used: 'đã dùng', skew: 'lệch giờ', password: 'mật khẩu đến',
    lane: 'Làn', items: 'Mục', age: 'Cũ nhất', 'l.urgent': 'khẩn', 'l.renew': 'gia hạn', 'l.create': 'đăng ký mới', 'l.bulk': 'hàng loạt', 'l.other': 'khác',
    partner: 'Đối tác', waiting: 'Đang đợi', allowance: 'Giới hạn dòng', share: 'Trọng số', newLines: 'Dòng mới', repeated: 'lặp lại', badLines: 'sai',
    programme: 'Chương trình, kế hoạch', zone: 'Đuôi tên miền', period: 'Thời hạn', target: 'Chỉ tiêu', reached: 'Đã đăng ký', granted: 'miễn phí',
    country: 'cả nước', province: 'mã tỉnh', unverified: 'chưa có văn bản gốc', noBase: 'không rõ cơ sở', noTarget: 'không nêu', ended: 'Đã hết hạn', sessionAge: 'Tuổi', usedHead: 'Đã dùng',
    use: 'Dùng cho', name: 'Tên', expires: 'Hết hạn', left: 'Còn', days: 'ngày', expired: 'ĐÃ HẾT HẠN',
    'c.api': 'API của cổng', 'c.partners_ca': 'CA của đối tác', 'c.registry_ca': 'CA của hệ thống đăng ký', 'c.partners_crl': 'danh sách thu hồi của đối tác', 'c.registry_crl': 'danh sách thu hồi của hệ thống đăng ký', 'c.registry_client': 'cổng, với hệ thống đăng ký',
    time: 'Lúc', event: 'Sự kiện', text: 'Nội dung', times: 'lần', 'v.error': 'lỗi', 'v.warning': 'cảnh báo',
    'm.check': 'kiểm tra', 'm.contact_create': 'tạo liên hệ', 'm.create': 'đăng ký', 'm.renew': 'gia hạn', 'm.info': 'tra cứu'
  },
  en: {
    title: 'Status', skip: 'To the main content', logout: 'Sign out', now: 'Now', plots: 'Plots', range: 'Range',
    plotHint: 'Touch a plot, or choose it and use the arrow keys, to read values.',
    registries: 'Registries', queue: 'Queue', partners: 'Partners', progress: 'Programme progress',
    progressHint: 'Counts names registered through this gateway only. Where a plan names no base for its percentage, only the number reached is shown.',
    certificates: 'Certificates', errors: 'Recent warnings and errors', states: 'By state', version: 'Version', epoch: 'run',
    since: 'since', rules: 'Policy', live: 'live', lost: 'connection lost, trying again', connecting: 'connecting',
    r10: '3 hours', r60: '2 days', r900: '60 days', r21600: '5 years', none: 'None.', all: 'all zones', nodata: 'No figures yet',
    'st.running': 'running', 'st.draining': 'draining', 'st.starting': 'starting', 'st.stopping': 'stopping', 'st.store failing': 'store failing',
    'st.ready': 'ready', 'st.connecting': 'connecting', 'st.stopped': 'stopped',
    drained: 'An operator drains the gateway: no new batches, what was taken in is still sent. vnepp drain --end takes batches again.',
    pausedBadge: 'paused', 'p.registry': 'registry', 'p.account': 'account', 'p.partner': 'partner', 'p.lane': 'lane', 'p.zone': 'zone',
    'p.grant': 'grant', 'p.paid': 'only what costs money', 'p.all': 'everything', noMoney: 'out of money',
    confirmBy: 'to be confirmed before', staged: 'staged', by: 'by', effect: 'in force from', unapproved: 'not approved yet',
    session: 'Session', tls: 'TLS', theirs: 'their certificate until', 'se.dialling': 'connecting', 'se.greeting': 'greeting', 'se.login': 'logging in',
    'se.ready': 'ready', 'se.draining': 'draining', 'se.logout': 'logging out', 'se.closing': 'closing',
    limits: 'Limits', limitsHint: 'The most used first. Over: how often something was held back, or would have been where a limit only counts.', limitsMore: '% more: vnepp limits.',
    limitOf: 'Of', limitName: 'Limit', overs: 'Over', resets: 'Resets', shadow: 'only counts',
    'o.registry': 'Registry', 'o.account': 'Account', 'o.partner': 'Partner', 'o.programme': 'Programme',
    'n.sessions': 'sessions', 'n.window': 'unanswered commands of a session', 'n.commands_per_second': 'commands per second', 'n.lines_per_second': 'lines per second', 'n.uploads': 'uploads at a time', 'n.max_queued': 'lines that wait', 'n.lines_per_day': 'new lines per day',
    'n.check_per_second': 'checks per second', 'n.contact_per_second': 'contacts per second', 'n.create_per_second': 'creates per second', 'n.renew_per_second': 'renewals per second', 'n.info_per_second': 'infos per second',
    'n.check_per_day': 'checks per day', 'n.contact_per_day': 'contacts per day', 'n.create_per_day': 'creates per day', 'n.renew_per_day': 'renewals per day', 'n.info_per_day': 'infos per day', 'n.taken_names_per_day': 'taken names per day',
    'r.each second': 'each second', 'r.when one ends': 'when one ends', 'r.when one logs out': 'when one logs out', 'r.as answers come': 'as answers come', 'r.as they are sent': 'as they are sent', 'r.never': 'never',
    closed: 'The gateway admits no batches at the moment: see /readyz?verbose and the log.', sandbox: 'sandbox',
    tQueued: 'In the queue', tFlight: 'In flight', tDone: 'Done since start', tFailed: 'Failed since start', tHeld: 'Wait for a person',
    tDoubt: 'Outcome not known', tErrors: 'Errors since start', oldest: 'oldest', warnings: 'warnings', ofThem: 'of them',
    'i.queued': 'queued', 'i.waiting': 'waiting', 'i.review': 'review', 'i.refused': 'refused', 'i.sending': 'sending',
    'i.done': 'done', 'i.failed': 'failed', 'i.pending': 'pending', 'i.unknown': 'unknown', 'i.reconciling': 'reconciling',
    'i.needs_human': 'needs a person', 'i.cancelled': 'cancelled',
    pThroughput: 'Throughput, per second', pQueue: 'Queue, items', pLatency: 'Response time, ms', pLimit: 'Use of the limit, %',
    done: 'done', failed: 'failed', lines: 'taken in', queued: 'queued', held: 'for a person', doubt: 'not known',
    registry_us: 'registry', api_us: 'API', store_us: 'store', limit_ppm: 'commands', high: 'highest', latest: 'latest',
    account: 'Account', state: 'State', sessions: 'Sessions', inFlight: 'Unanswered', limit: 'Command limit', latency: 'Mean time',
    lastError: 'Last error', perSecond: '/s', noLimit: 'none', retryIn: 'retry in', used: 'used', skew: 'clock differs by', password: 'password until',
    lane: 'Lane', items: 'Items', age: 'Oldest', 'l.urgent': 'urgent', 'l.renew': 'renewals', 'l.create': 'creates', 'l.bulk': 'bulk', 'l.other': 'other',
    partner: 'Partner', waiting: 'Waiting', allowance: 'Line limit', share: 'Weight', newLines: 'New lines', repeated: 'repeated', badLines: 'bad',
    programme: 'Programme or plan', zone: 'Zone', period: 'Period', target: 'Target', reached: 'Registered', granted: 'free',
    country: 'national', province: 'province', unverified: 'original not seen', noBase: 'of an unnamed base', noTarget: 'none named', ended: 'Over', sessionAge: 'Age', usedHead: 'Used',
    use: 'Use', name: 'Name', expires: 'Expires', left: 'Left', days: 'days', expired: 'EXPIRED',
    'c.api': 'our API', 'c.partners_ca': 'CA of partners', 'c.registry_ca': 'CA of the registry', 'c.partners_crl': 'revocation list of partners', 'c.registry_crl': 'revocation list of the registry', 'c.registry_client': 'us, at the registry',
    time: 'Time', event: 'Event', text: 'Text', times: 'times', 'v.error': 'error', 'v.warning': 'warning',
    'm.check': 'check', 'm.contact_create': 'create contact', 'm.create': 'create', 'm.renew': 'renew', 'm.info': 'info'
  }
};
let lang = 'vi';
const w = (key) => WORDS[lang][key] || key;
const locale = () => (lang === 'vi' ? 'vi-VN' : 'en-GB');
const num = (n, digits) => new Intl.NumberFormat(locale(), {maximumFractionDigits: digits || 0}).format(n);
const HANOI = 'Asia/Ho_Chi_Minh';
function when(ms, how) {
  return new Intl.DateTimeFormat(locale(), Object.assign({timeZone: HANOI}, how)).format(new Date(ms));
}
function span(s) {
  const two = (n) => String(n).padStart(2, '0');
  if (s < 60) return num(s) + '\u00a0s';
  if (s < 3600) return Math.floor(s / 60) + ':' + two(Math.floor(s % 60)) + (lang === 'vi' ? '\u00a0phút' : '\u00a0min');
  if (s < 172800) return Math.floor(s / 3600) + ':' + two(Math.floor(s % 3600 / 60)) + (lang === 'vi' ? '\u00a0giờ' : '\u00a0h');
  return num(s / 86400) + '\u00a0' + w('days');
}
