"""Every word of the screens, in English and in Hebrew.

A key is `group.name`. Keys of counted things come in pairs, `….one` and `….other`. The groups
`source`, `kind`, `payment`, `status`, `lifecycle`, `stage`, `field`, `comparison`, `reason`,
`rule`, `membership`, `history`, `history_reason`, `sort`, `condition`, `interval` and `severity`
name values found in the data: a value without a word of its own is shown as it is.
"""

from dataclasses import dataclass

LANGUAGES = {"en": "English", "he": "עברית"}

# Pairs of (English, Hebrew), so that nobody can add one and forget the other.
WORDS: dict[str, tuple[str, str]] = {
    "app.name": ("Kesher", "קשר"),
    "app.language": ("Language", "שפה"),
    "app.published": ("Published {when}", "פורסם {when}"),
    "app.sandbox": ("Demo data: no real people", "נתוני הדגמה: אין כאן אנשים אמיתיים"),
    "app.nothing_title": ("Nothing is published yet", "עדיין לא פורסמו נתונים"),
    "app.nothing_text": (
        "This page fills by itself when the first run ends. To start one: `kesher run`, "
        "or `kesher demo` to look around with made-up customers.",
        "העמוד יתמלא מעצמו כשתסתיים הריצה הראשונה. להפעלה: `kesher run`, "
        "או `kesher demo` כדי להתנסות עם לקוחות בדויים.",
    ),
    "app.retry": ("Look again", "בדיקה חוזרת"),
    "app.broken_title": ("The published data cannot be read", "לא ניתן לקרוא את הנתונים שפורסמו"),
    "app.broken_text": (
        "Run `kesher doctor` on the server; the details are in the dashboard's log.",
        "יש להריץ `kesher doctor` בשרת; הפרטים ביומן של לוח הבקרה.",
    ),
    # Overview
    "overview.title": ("Overview", "מבט כללי"),
    "overview.customers": ("Customers", "לקוחות"),
    "overview.records": ("Source records", "רשומות מקור"),
    "overview.per_customer": ("Records per customer", "רשומות ללקוח"),
    "overview.shared": ("In two systems or more", "בשתי מערכות או יותר"),
    "overview.growth": ("New customers a month", "לקוחות חדשים בחודש"),
    "overview.growth_alt": (
        "New customers a month, from {first} to {last}; at most {most} in {peak}",
        "לקוחות חדשים בחודש, מ{first} עד {last}; השיא: {most} ב{peak}",
    ),
    "overview.activity": ("Activity by system", "פעילות לפי מערכת"),
    "overview.peak": ("at most {most}, in {month}", "השיא: {most}, ב{month}"),
    "overview.activity_alt": (
        "Events a month by system, from {first} to {last}",
        "אירועים בחודש לפי מערכת, מ{first} עד {last}",
    ),
    "overview.no_activity": ("No activity yet.", "עדיין אין פעילות."),
    "overview.freshness": ("Sources", "מקורות"),
    "overview.stream": ("Stream", "זרם"),
    "overview.live_records": ("Records", "רשומות"),
    "overview.rejected": ("Not as expected", "חריגות"),
    "overview.read": ("Last read", "נקרא לאחרונה"),
    "overview.no_streams": ("No source was read yet.", "עדיין לא נקרא אף מקור."),
    "overview.quality": ("Quality checks", "בדיקות איכות"),
    "overview.checks_passed": ("{passed} of {all} pass", "{passed} מתוך {all} עוברות"),
    "overview.all_pass": ("All checks pass.", "כל הבדיקות עוברות."),
    "overview.no_checks": ("No checks were run.", "לא הורצו בדיקות."),
    "overview.failing_rows": (
        "{failed} of {all} rows fail",
        "{failed} מתוך {all} שורות נכשלות",
    ),
    "overview.affected": ("Customers affected", "לקוחות שנפגעו"),
    "overview.examples": ("Examples", "דוגמאות"),
    "overview.passing": ("Checks that pass", "בדיקות שעוברות"),
    # Customers
    "customers.title": ("Customers", "לקוחות"),
    "customers.search": ("Find a customer", "חיפוש לקוח"),
    "customers.placeholder": (
        "Name, e-mail, phone or company, in Hebrew or Latin letters",
        "שם, דוא״ל, טלפון או חברה, באותיות עבריות או לטיניות",
    ),
    "customers.source": ("System", "מערכת"),
    "customers.country": ("Country", "מדינה"),
    "customers.lifecycle": ("Life cycle", "שלב במחזור החיים"),
    "customers.status": ("Status", "מצב"),
    "customers.sort": ("Sort by", "מיון לפי"),
    "customers.any": ("Any", "הכול"),
    "customers.found.one": ("{n} customer", "לקוח אחד"),
    "customers.found.other": ("{n} customers", "{n} לקוחות"),
    "customers.none": ("No customer matches.", "לא נמצא לקוח מתאים."),
    "customers.none_hint": (
        "Try fewer words or another spelling, or clear a filter.",
        "כדאי לנסות פחות מילים או כתיב אחר, או לנקות מסנן.",
    ),
    "customers.name": ("Name", "שם"),
    "customers.contact": ("Contact", "פרטי קשר"),
    "customers.place": ("Place", "מקום"),
    "customers.systems": ("Systems", "מערכות"),
    "customers.last_activity": ("Last activity", "פעילות אחרונה"),
    "customers.too_many": (
        "Only the first {n} are listed: search or filter to see others.",
        "מוצגים {n} הראשונים בלבד: חיפוש או סינון יציגו אחרים.",
    ),
    "customers.no_name": ("No name", "ללא שם"),
    "sort.best": ("Best match", "התאמה"),
    "sort.recent": ("Last activity", "פעילות אחרונה"),
    "sort.name": ("Name", "שם"),
    "sort.newest": ("Newest first", "החדשים תחילה"),
    "sort.oldest": ("Oldest first", "הוותיקים תחילה"),
    "sort.records": ("Most records", "הכי הרבה רשומות"),
    "condition.subscription": ("Active subscription", "מינוי פעיל"),
    "condition.paying": ("Has paid", "שילמו"),
    "condition.never_paid": ("Never paid", "טרם שילמו"),
    "condition.open_ticket": ("Open ticket", "פנייה פתוחה"),
    "condition.open_deal": ("Open deal", "עסקה פתוחה"),
    "condition.mailing": ("On the mailing list", "ברשימת התפוצה"),
    "condition.left_mailing": ("Left the mailing list", "הוסרו מרשימת התפוצה"),
    "condition.duplicates": ("Joined from several records", "אוחדו מכמה רשומות"),
    "condition.conflicts": ("Records contradict each other", "רשומות סותרות זו את זו"),
    # Customer
    "customer.title": ("Customer", "לקוח"),
    "customer.which": (
        "Choose a customer from the list, or open a link to one.",
        "יש לבחור לקוח מהרשימה, או לפתוח קישור ללקוח.",
    ),
    "customer.unknown_title": ("No such customer", "אין לקוח כזה"),
    "customer.unknown_text": (
        "No customer has the id {id}. Check the link, or look for the customer by name.",
        "אין לקוח שמזההו {id}. כדאי לבדוק את הקישור, או לחפש את הלקוח לפי שם.",
    ),
    "customer.retired_title": ("This customer is gone", "הלקוח הזה כבר אינו קיים"),
    "customer.retired_text": (
        "The records behind {id} were deleted in the systems they came from ({when}).",
        "הרשומות שמאחורי {id} נמחקו במערכות שמהן הגיעו ({when}).",
    ),
    "customer.merged_note": (
        "The link's id {id} was merged into this customer on {when}.",
        "המזהה שבקישור, {id}, אוחד עם לקוח זה בתאריך {when}.",
    ),
    "customer.to_list": ("All customers", "לכל הלקוחות"),
    "customer.role_mailbox": ("Shared mailbox", "תיבה משותפת"),
    "customer.link": ("Link to this page", "קישור לעמוד זה"),
    "customer.paid": ("Paid", "שולם"),
    "customer.nothing_paid": ("Nothing yet", "עדיין כלום"),
    "customer.open_tickets": ("Open tickets", "פניות פתוחות"),
    "customer.open_deals": ("Open deals", "עסקאות פתוחות"),
    "customer.last_seen": ("Last activity", "פעילות אחרונה"),
    "customer.since": ("Customer since", "לקוח מאז"),
    "customer.never": ("None", "אין"),
    "customer.who": ("Who it is", "מי זה"),
    "customer.from_source": ("from {source}", "מתוך {source}"),
    "customer.other_values.one": ("{n} other value", "ערך נוסף אחד"),
    "customer.other_values.other": ("{n} other values", "{n} ערכים נוספים"),
    "customer.empty": ("Nothing is known yet.", "עדיין לא ידוע דבר."),
    "customer.view": ("View", "תצוגה"),
    "customer.view_timeline": ("Timeline", "ציר זמן"),
    "customer.view_records": ("Why one customer", "למה זה לקוח אחד"),
    "customer.view_history": ("History of the id", "תולדות המזהה"),
    "customer.system": ("System", "מערכת"),
    "customer.no_events": ("Nothing has happened yet.", "עדיין לא קרה דבר."),
    "customer.more": ("Show {n} earlier events", "הצגת {n} אירועים קודמים"),
    "customer.with_staff": ("with {name}", "עם {name}"),
    "customer.records.one": ("{n} record", "רשומה אחת"),
    "customer.records.other": ("{n} records", "{n} רשומות"),
    "customer.records_text": (
        "What each system knows. All of it was found to be about one person.",
        "מה שכל מערכת יודעת. נמצא שכל אלה הם אדם אחד.",
    ),
    "customer.joined_by": ("Joined because", "סיבת האיחוד"),
    "customer.certainty": ("Certainty", "ודאות"),
    "customer.alone": ("The only record", "הרשומה היחידה"),
    "customer.links_title": ("What speaks for it, pair by pair", "מה תומך בכך, זוג אחר זוג"),
    "customer.links_text": (
        "Green speaks for one person, red against. Each point doubles the odds that both records "
        "are one person; each minus point halves them.",
        "ירוק תומך בכך שזה אדם אחד, אדום סותר. כל נקודה מכפילה פי שניים את הסיכוי ששתי הרשומות "
        "הן אדם אחד, וכל נקודת מינוס חוצה אותו.",
    ),
    "customer.compared": ("Compared", "מה הושווה"),
    "customer.outcome": ("What the records say", "מה נמצא ברשומות"),
    "customer.weight": ("Points", "נקודות"),
    "customer.total_weight": ("Together: {certainty} certain", "ביחד: ודאות של {certainty}"),
    "customer.no_links": (
        "One record only, so nothing had to be compared.",
        "יש רשומה אחת בלבד, ולכן לא היה מה להשוות.",
    ),
    "customer.history_text": (
        "A customer keeps its id. When two customers turn out to be one, the older id stays, and "
        "links with the other one lead to it.",
        "המזהה של לקוח אינו משתנה. כששני לקוחות מתגלים כאחד, המזהה הוותיק נשאר, "
        "וקישורים עם המזהה האחר מובילים אליו.",
    ),
    "customer.no_history": ("Nothing is noted.", "לא נרשם דבר."),
    "customer.from_records.one": ("from {n} record", "מרשומה אחת"),
    "customer.from_records.other": ("from {n} records", "מ־{n} רשומות"),
    "customer.money": ("Money", "כספים"),
    "customer.refunds": ("Refunded", "הוחזר"),
    "customer.outstanding": ("Outstanding", "יתרה לתשלום"),
    "customer.invoices": ("Invoices", "חשבוניות"),
    "customer.subscriptions": ("Subscriptions", "מינויים"),
    "customer.payments": ("Payments and refunds", "תשלומים והחזרים"),
    "customer.tickets": ("Tickets", "פניות"),
    "customer.deals": ("Deals", "עסקאות"),
    "customer.campaigns": ("Campaigns", "דיוורים"),
    "customer.household": ("Lives with", "גרים יחד"),
    "customer.companies": ("Company", "חברה"),
    "customer.part_of": ("Part of {name}", "חלק מ־{name}"),
    "customer.group": ("group of {name}", "קבוצת {name}"),
    "customer.conflicts": ("Records contradict each other: {fields}", "רשומות סותרות: {fields}"),
    "customer.decided_by": ("Chosen for: {what}", "נבחר לפי: {what}"),
    "customer.rule": ("Rule: {rule}", "כלל: {rule}"),
    "customer.rule_then": ("then", "אחר כך"),
    "customer.rule_before": ("before", "לפני"),
    "customer.staff": ("Staff who met them", "אנשי צוות שפגשו אותם"),
    "customer.met_by": ("Last met by", "פגש אותם לאחרונה"),
    "customer.last_met": ("last {when}", "לאחרונה {when}"),
    "customer.and_more": ("and {n} more", "ועוד {n}"),
    "customer.none_here": ("None.", "אין."),
    "customer.times.one": ("once", "פעם אחת"),
    "customer.times.other": ("{n} times", "{n} פעמים"),
    "customer.opens": ("Opens: {n}", "פתיחות: {n}"),
    "customer.clicks": ("Clicks: {n}", "הקלקות: {n}"),
    "customer.due": ("due {when}", "לתשלום עד {when}"),
    "customer.rated": ("Rated: {score}", "דירוג: {score}"),
    "customer.ends": ("ends {when}", "מסתיים {when}"),
    "interval.day.one": ("a day", "ליום"),
    "interval.day.other": ("every {n} days", "כל {n} ימים"),
    "interval.week.one": ("a week", "לשבוע"),
    "interval.week.other": ("every {n} weeks", "כל {n} שבועות"),
    "interval.month.one": ("a month", "לחודש"),
    "interval.month.other": ("every {n} months", "כל {n} חודשים"),
    "interval.year.one": ("a year", "לשנה"),
    "interval.year.other": ("every {n} years", "כל {n} שנים"),
    # Values found in the data
    "source.stripe": ("Stripe", "Stripe"),
    "source.zendesk": ("Zendesk", "Zendesk"),
    "source.mailchimp": ("Mailchimp", "Mailchimp"),
    "source.hubspot": ("HubSpot", "HubSpot"),
    "source.kesher": ("Kesher", "קשר"),
    "field.name": ("Name", "שם"),
    "field.display_name": ("Name", "שם"),
    "field.full_name": ("Name", "שם"),
    "field.given_name": ("Given name", "שם פרטי"),
    "field.family_name": ("Family name", "שם משפחה"),
    "field.email": ("E-mail", "דוא״ל"),
    "field.phone": ("Phone", "טלפון"),
    "field.mobile_phone": ("Mobile", "נייד"),
    "field.street": ("Street", "רחוב"),
    "field.city": ("City", "עיר"),
    "field.region": ("Region", "אזור"),
    "field.postcode": ("Postcode", "מיקוד"),
    "field.country": ("Country", "מדינה"),
    "field.company": ("Company", "חברה"),
    "field.job_title": ("Job", "תפקיד"),
    "field.birth_date": ("Born", "תאריך לידה"),
    "field.gender": ("Gender", "מגדר"),
    "field.language": ("Language", "שפה"),
    "field.national_id": ("National id", "מספר זהות"),
    "field.lifecycle_stage": ("Life cycle", "שלב במחזור החיים"),
    "field.email_marketing_status": ("E-mail consent", "הסכמה לדיוור"),
    "kind.customer_created": ("First recorded", "נרשם לראשונה"),
    "kind.invoice_issued": ("Invoice issued", "חשבונית הופקה"),
    "kind.invoice_paid": ("Invoice paid", "חשבונית שולמה"),
    "kind.payment_made": ("Payment", "תשלום"),
    "kind.payment_failed": ("Payment failed", "תשלום נכשל"),
    "kind.refund": ("Refund", "החזר כספי"),
    "kind.subscription_started": ("Subscription started", "מינוי התחיל"),
    "kind.subscription_canceled": ("Subscription canceled", "מינוי בוטל"),
    "kind.ticket_opened": ("Ticket opened", "פנייה נפתחה"),
    "kind.ticket_comment": ("Ticket comment", "תגובה בפנייה"),
    "kind.ticket_solved": ("Ticket solved", "פנייה נפתרה"),
    "kind.ticket_rated": ("Ticket rated", "פנייה דורגה"),
    "kind.list_joined": ("Joined a mailing list", "הצטרפות לרשימת תפוצה"),
    "kind.email_opened": ("Campaign opened", "דיוור נפתח"),
    "kind.email_clicked": ("Campaign clicked", "הקלקה בדיוור"),
    "kind.email_bounced": ("Campaign bounced", "דיוור לא נמסר"),
    "kind.unsubscribed": ("Left the mailing list", "הסרה מרשימת התפוצה"),
    "kind.deal_created": ("Deal created", "עסקה נפתחה"),
    "kind.deal_closed": ("Deal closed", "עסקה נסגרה"),
    "kind.call": ("Call", "שיחה"),
    "kind.meeting": ("Meeting", "פגישה"),
    "kind.note": ("Note", "הערה"),
    "kind.task": ("Task", "משימה"),
    "kind.message": ("Message", "הודעה"),
    "kind.order_placed": ("Order", "הזמנה"),
    "kind.email": ("E-mail", "דוא״ל"),
    "payment.charge": ("Payment", "תשלום"),
    "payment.refund": ("Refund", "החזר"),
    "status.paid": ("Paid", "שולם"),
    "status.open": ("Open", "פתוח"),
    "status.draft": ("Draft", "טיוטה"),
    "status.void": ("Void", "מבוטל"),
    "status.uncollectible": ("Uncollectible", "חוב אבוד"),
    "status.succeeded": ("Succeeded", "הצליח"),
    "status.failed": ("Failed", "נכשל"),
    "status.pending": ("Pending", "ממתין"),
    "status.active": ("Active", "פעיל"),
    "status.trialing": ("Trial", "בתקופת ניסיון"),
    "status.past_due": ("Past due", "בפיגור"),
    "status.unpaid": ("Unpaid", "לא שולם"),
    "status.canceled": ("Canceled", "בוטל"),
    "status.incomplete": ("Incomplete", "לא הושלם"),
    "status.new": ("New", "חדש"),
    "status.hold": ("On hold", "בהשהיה"),
    "status.solved": ("Solved", "נפתר"),
    "status.closed": ("Closed", "סגור"),
    "status.subscribed": ("Subscribed to e-mail", "רשום לדיוור"),
    "status.unsubscribed": ("Unsubscribed from e-mail", "הוסר מדיוור"),
    "status.cleaned": ("E-mail bounces", "דוא״ל חוזר"),
    "status.transactional": ("Transactional e-mail only", "דוא״ל תפעולי בלבד"),
    "status.won": ("Won", "נסגרה בהצלחה"),
    "status.lost": ("Lost", "אבדה"),
    "status.bounced": ("Bounced", "לא נמסר"),
    "status.good": ("Good", "טוב"),
    "status.bad": ("Bad", "רע"),
    "lifecycle.subscriber": ("Subscriber", "מנוי לדיוור"),
    "lifecycle.lead": ("Lead", "ליד"),
    "lifecycle.marketingqualifiedlead": ("Marketing qualified lead", "ליד מוסמך שיווקית"),
    "lifecycle.salesqualifiedlead": ("Sales qualified lead", "ליד מוסמך מכירתית"),
    "lifecycle.opportunity": ("Opportunity", "הזדמנות"),
    "lifecycle.customer": ("Customer", "לקוח"),
    "lifecycle.evangelist": ("Evangelist", "שגריר"),
    "lifecycle.other": ("Other", "אחר"),
    "stage.appointmentscheduled": ("Appointment scheduled", "נקבעה פגישה"),
    "stage.qualifiedtobuy": ("Qualified to buy", "מתאים לרכישה"),
    "stage.presentationscheduled": ("Presentation scheduled", "נקבעה מצגת"),
    "stage.decisionmakerboughtin": ("Decision maker bought in", "מקבל ההחלטות השתכנע"),
    "stage.contractsent": ("Contract sent", "נשלח חוזה"),
    "stage.closedwon": ("Won", "נסגרה בהצלחה"),
    "stage.closedlost": ("Lost", "אבדה"),
    "comparison.prior": (
        "To begin with: two records are rarely one person",
        "נקודת המוצא: שתי רשומות הן רק לעתים רחוקות אדם אחד",
    ),
    "comparison.email": ("E-mail", "דוא״ל"),
    "comparison.phone": ("Phone", "טלפון"),
    "comparison.national_id": ("National id", "מספר זהות"),
    "comparison.external_id": ("Id in another system", "מזהה במערכת אחרת"),
    "comparison.given_name": ("Given name", "שם פרטי"),
    "comparison.family_name": ("Family name", "שם משפחה"),
    "comparison.name_order": ("Order of the names", "סדר השמות"),
    "comparison.name_frequency": ("Correction: how common the name is", "תיקון: שכיחות השם"),
    "comparison.address": ("Address", "כתובת"),
    "comparison.company": ("Company", "חברה"),
    "comparison.birth_date": ("Birth date", "תאריך לידה"),
    "comparison.gender": ("Gender", "מגדר"),
    "comparison.dependence": (
        "Correction: told already by another comparison",
        "תיקון: כבר נמנה בהשוואה אחרת",
    ),
    "reason.same e-mail": ("same e-mail", "אותו דוא״ל"),
    "reason.same shared e-mail": ("same shared e-mail", "אותו דוא״ל משותף"),
    "reason.same role mailbox": ("same role mailbox", "אותה תיבה תפקידית"),
    "reason.same e-mail as many people": ("same e-mail as many people", "דוא״ל שמשמש אנשים רבים"),
    "reason.same mailbox name at another provider": (
        "same mailbox name at another provider",
        "אותו שם תיבה אצל ספק אחר",
    ),
    "reason.same name and number in the e-mail": (
        "same name and number in the e-mail",
        "אותו שם ואותו מספר בתוך הדוא״ל",
    ),
    "reason.same name in the e-mail": ("same name in the e-mail", "אותו שם בתוך הדוא״ל"),
    "reason.e-mail that differs by a slip": (
        "e-mail that differs by a slip",
        "דוא״ל שנבדל בטעות הקלדה",
    ),
    "reason.same mailbox of an organisation": (
        "same mailbox of an organisation",
        "אותה תיבה של ארגון",
    ),
    "reason.given name that sounds the same": (
        "given name that sounds the same",
        "שם פרטי שנשמע זהה",
    ),
    "reason.family name that sounds the same": (
        "family name that sounds the same",
        "שם משפחה שנשמע זהה",
    ),
    "reason.a person and an organisation": ("a person and an organisation", "אדם וארגון"),
    "reason.different e-mail": ("different e-mail", "דוא״ל שונה"),
    "reason.same phone": ("same phone", "אותו טלפון"),
    "reason.same shared phone": ("same shared phone", "אותו טלפון משותף"),
    "reason.same phone as many people": (
        "same phone as many people",
        "אותו טלפון כמו אנשים רבים",
    ),
    "reason.phone that differs by a slip": (
        "phone that differs by a slip",
        "טלפון שנבדל בטעות הקלדה",
    ),
    "reason.different phone": ("different phone", "טלפון שונה"),
    "reason.same national id": ("same national id", "אותו מספר זהות"),
    "reason.same national id as several people": (
        "same national id as several people",
        "אותו מספר זהות כמו כמה אנשים",
    ),
    "reason.same national id as many people": (
        "same national id as many people",
        "מספר זהות שרשום אצל אנשים רבים",
    ),
    "reason.national id that differs by a slip": (
        "national id that differs by a slip",
        "מספר זהות שנבדל בטעות הקלדה",
    ),
    "reason.different national id": ("different national id", "מספר זהות שונה"),
    "reason.one system names the other's record": (
        "one system names the other's record",
        "מערכת אחת מציינת את הרשומה של האחרת",
    ),
    "reason.both name a record that several people name": (
        "both name a record that several people name",
        "שתיהן מציינות רשומה שכמה אנשים מציינים",
    ),
    "reason.same given name": ("same given name", "אותו שם פרטי"),
    "reason.nickname of the given name": ("nickname of the given name", "כינוי של השם הפרטי"),
    "reason.same given name in the other script": (
        "same given name in the other script",
        "אותו שם פרטי בכתב האחר",
    ),
    "reason.similar given name": ("similar given name", "שם פרטי דומה"),
    "reason.same initial": ("same initial", "אותה אות ראשונה"),
    "reason.different given name": ("different given name", "שם פרטי שונה"),
    "reason.same family name": ("same family name", "אותו שם משפחה"),
    "reason.same family name in the other script": (
        "same family name in the other script",
        "אותו שם משפחה בכתב האחר",
    ),
    "reason.part of the family name": ("part of the family name", "חלק משם המשפחה"),
    "reason.similar family name": ("similar family name", "שם משפחה דומה"),
    "reason.same family initial": ("same family initial", "אותה אות ראשונה בשם המשפחה"),
    "reason.different family name": ("different family name", "שם משפחה שונה"),
    "reason.names swapped": ("names swapped", "שמות בסדר הפוך"),
    "reason.same street address": ("same street address", "אותה כתובת"),
    "reason.street that differs by a slip": (
        "street that differs by a slip",
        "רחוב דומה, בהבדל של טעות כתיב",
    ),
    "reason.same postcode": ("same postcode", "אותו מיקוד"),
    "reason.same city": ("same city", "אותה עיר"),
    "reason.different city": ("different city", "עיר שונה"),
    "reason.same company": ("same company", "אותה חברה"),
    "reason.different company": ("different company", "חברה שונה"),
    "reason.same birth date": ("same birth date", "אותו תאריך לידה"),
    "reason.same birth date as many people": (
        "same birth date as many people",
        "תאריך לידה שרשום אצל אנשים רבים",
    ),
    "reason.same birthday": ("same birthday", "אותו יום הולדת"),
    "reason.birth date that differs by a slip": (
        "birth date that differs by a slip",
        "תאריך לידה שנבדל בטעות הקלדה",
    ),
    "reason.different birth date": ("different birth date", "תאריך לידה שונה"),
    "reason.different gender": ("different gender", "מגדר שונה"),
    "reason.decided by": ("decided by {name}", "הוחלט על ידי {name}"),
    "rule.the fullest name": ("the fullest name", "השם המלא ביותר"),
    "rule.a person's own mailbox": ("a person's own mailbox", "תיבה אישית"),
    "rule.an address that works": ("an address that works", "כתובת פעילה"),
    "rule.the main field": ("the main field", "השדה הראשי"),
    "rule.a valid number": ("a valid number", "מספר תקין"),
    "rule.the fullest address": ("the fullest address", "הכתובת המלאה ביותר"),
    "rule.a whole date": ("a whole date", "תאריך מלא"),
    "rule.the newest": ("the newest", "החדש ביותר"),
    "rule.the only value": ("the only value", "הערך היחיד"),
    "rule.any other": ("any other", "כל השאר"),
    "membership.hubspot": ("as HubSpot says", "לפי HubSpot"),
    "membership.zendesk": ("as Zendesk says", "לפי Zendesk"),
    "membership.further company in hubspot": (
        "a further company in HubSpot",
        "חברה נוספת ב־HubSpot",
    ),
    "membership.registration number": ("by registration number", "לפי מספר רישום"),
    "membership.e-mail domain": ("by e-mail domain", "לפי הדומיין בדוא״ל"),
    "membership.company name": ("by the company's name", "לפי שם החברה"),
    "history_reason.create": (
        "A customer that was not known before.",
        "לקוח שלא היה מוכר קודם.",
    ),
    "history_reason.merge": (
        "Both ids turned out to be one customer; the older id stays.",
        "שני המזהים התגלו כלקוח אחד; המזהה הוותיק נשאר.",
    ),
    "history_reason.split": (
        "These records are no longer held to be one customer with the rest, which keeps its id.",
        "הרשומות האלה כבר אינן נחשבות לקוח אחד עם היתר, והמזהה נשאר אצל היתר.",
    ),
    "history_reason.move": (
        "Some records turned out to belong to the other customer; both ids stay.",
        "חלק מהרשומות התגלו כשייכות ללקוח האחר; שני המזהים נשארים.",
    ),
    "history_reason.retire": ("Its last record was deleted.", "הרשומה האחרונה שלו נמחקה."),
    "history.create": ("Created", "נוצר"),
    "history.merge": ("Merged", "אוחד"),
    "history.split": ("Split", "פוצל"),
    "history.move": ("Records moved", "רשומות עברו"),
    "history.retire": ("Retired", "הוסר"),
    "severity.critical": ("Critical", "קריטי"),
    "severity.warning": ("Warning", "אזהרה"),
}


@dataclass(frozen=True)
class Words:
    """The words of one language."""

    language: str

    def text(self, key: str, **values: object) -> str:
        """The text of a key, its `{places}` filled in.

        Raises:
            KeyError: If there is no such key.
        """
        text = WORDS[key][0 if self.language == "en" else 1]
        return text.format(**values) if values else text

    def plural(self, key: str, number: int) -> str:
        """The text for one or for several, its place for the number not filled in yet."""
        return self.text(f"{key}.{'one' if number == 1 else 'other'}")

    def of(self, group: str, value: object) -> str:
        """The word for a value found in the data, else the value in readable form."""
        key = f"{group}.{str(value).lower()}"
        if key in WORDS:
            return self.text(key)
        readable = str(value).replace("_", " ").strip()
        return readable[:1].upper() + readable[1:]

    def reasons(self, text: str) -> str:
        """Reasons such as `same e-mail; same name`, each in the reader's language."""
        return "; ".join(self._reason(part.strip()) for part in text.split(";"))

    def _reason(self, text: str) -> str:
        decided_by = text.removeprefix("decided by ")
        if decided_by != text:
            return self.text("reason.decided by", name=decided_by)
        return (
            WORDS[f"reason.{text}"][0 if self.language == "en" else 1]
            if (f"reason.{text}" in WORDS)
            else text
        )
