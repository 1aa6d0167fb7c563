"""What people write to support, and what staff write down about them, in English and Hebrew."""

from __future__ import annotations

TICKETS = {
    "en": (
        ("Cannot log in", "Hi, since this morning I cannot log in. It says my password is wrong."),
        ("Invoice question", "I was charged twice this month. Could you please check?"),
        ("Where is my order?", "The tracking page has not changed for a week."),
        ("Change of address", "We have moved. Please send everything to the new address."),
        ("Cancel my plan", "I do not use it enough. Please cancel at the end of the month."),
        ("Feature request", "It would help us to export the report to Excel."),
        ("App is slow", "The dashboard takes a minute to open since the last update."),
        ("Refund", "The product is not what I expected, I would like my money back."),
        ("Upgrade", "We are growing: what would ten more seats cost?"),
        ("Wrong name on the invoice", "Please put the company's full name on the invoice."),
        ("Payment failed", "My card was declined though there is money on it."),
        ("Thank you!", "Just wanted to say that your colleague was a great help."),
    ),
    "he": (
        ("לא מצליחים להתחבר", "שלום, מהבוקר אני לא מצליח להתחבר. כתוב שהסיסמה שגויה."),
        ("שאלה על חשבונית", "חויבתי פעמיים החודש, אפשר לבדוק בבקשה?"),
        ("איפה ההזמנה שלי?", "דף המעקב לא התעדכן כבר שבוע."),
        ("שינוי כתובת", "עברנו דירה, נא לעדכן את הכתובת החדשה."),
        ("ביטול מנוי", "אני לא משתמשת מספיק, נא לבטל בסוף החודש."),
        ("בקשה לתכונה חדשה", "היה עוזר לנו לייצא את הדוח לאקסל."),
        ("האפליקציה איטית", "מאז העדכון האחרון לוקח דקה עד שהמסך נפתח."),
        ("החזר כספי", "המוצר לא מה שציפיתי, אשמח לקבל החזר."),
        ("שדרוג", "אנחנו גדלים, כמה יעלו עוד עשרה משתמשים?"),
        ("שם שגוי בחשבונית", "נא לרשום את שם החברה המלא בחשבונית."),
        ("התשלום נכשל", "הכרטיס נדחה למרות שיש כיסוי."),
        ("תודה רבה!", "רק רציתי לומר שהנציגה עזרה לי מאוד."),
    ),
}
REPLIES = {
    "en": (
        "Thanks for writing. I am looking into it and will be back today.",
        "Could you send a screenshot, please?",
        "This is fixed now. Please try again.",
        "I have passed it on to our billing team.",
        "Done. Is there anything else I can do?",
    ),
    "he": (
        "תודה על הפנייה, אני בודק ואחזור אליך היום.",
        "אפשר לשלוח צילום מסך בבקשה?",
        "התקלה תוקנה, נא לנסות שוב.",
        "העברתי לצוות הגבייה שלנו.",
        "טופל. אפשר לעזור בעוד משהו?",
    ),
}
ANSWERS = {
    "en": (
        "It works now, thanks.",
        "Still the same.",
        "Here it is.",
        "Any news?",
        "Great, thank you!",
    ),
    "he": ("עובד עכשיו, תודה.", "עדיין אותו דבר.", "הנה.", "יש חדש?", "מצוין, תודה!"),
}
RATINGS = {
    "good": {
        "en": ("Quick and kind", "Solved at once", ""),
        "he": ("שירות מהיר ואדיב", "נפתר מיד", ""),
    },
    "bad": {
        "en": ("Took far too long", "Not solved", ""),
        "he": ("לקח יותר מדי זמן", "לא נפתר", ""),
    },
}
TAGS = ("billing", "login", "shipping", "vip", "bug", "feature", "refund", "onboarding")
CAMPAIGNS = (
    ("What is new this month", "מה חדש החודש"),
    ("Five ways to save time", "חמש דרכים לחסוך זמן"),
    ("Your summer offer", "מבצע קיץ בשבילך"),
    ("Meet our customers", "הכירו את הלקוחות שלנו"),
    ("Back to work: a checklist", "חוזרים לשגרה: רשימת בדיקה"),
    ("Holiday greetings", "ברכות לחג"),
)
DEALS = (
    "Annual contract",
    "Expansion",
    "Pilot",
    "Renewal",
    "חוזה שנתי",
    "הרחבה",
    "פיילוט",
    "חידוש",
)
CALLS = (
    ("Introduction call", "Asked about prices and support hours."),
    ("Follow-up", "Will talk to their manager and call back."),
    ("Check-in", "Happy with the service, asked about training."),
    ("שיחת היכרות", "שאלו על מחירים ועל שעות התמיכה."),
    ("שיחת מעקב", "ידברו עם המנהלת ויחזרו אלינו."),
    ("בדיקת שביעות רצון", "מרוצים מהשירות, שאלו על הדרכה."),
)
MEETINGS = (
    ("Demo", "Showed the reports; they liked the export."),
    ("Quarterly review", "Usage is up by a third."),
    ("Contract talk", "Discount of ten per cent agreed."),
    ("הדגמה", "הצגנו את הדוחות, אהבו את הייצוא."),
    ("סיכום רבעוני", "השימוש עלה בשליש."),
    ("פגישת חוזה", "סוכמה הנחה של עשרה אחוזים."),
)
NOTES = (
    "Prefers to be called in the afternoon.",
    "Met at the trade fair; wants a quote.",
    "Decision expected next quarter.",
    "מעדיפה שיחות אחר הצהריים.",
    "נפגשנו בתערוכה, מעוניין בהצעת מחיר.",
    "החלטה צפויה ברבעון הבא.",
)
TASKS = (
    "Send quote",
    "Call back",
    "Prepare contract",
    "לשלוח הצעת מחיר",
    "להתקשר שוב",
    "להכין חוזה",
)
EMAILS = (
    ("Your quote", "Please find our quote attached. Happy to talk it through."),
    ("Next steps", "Thank you for your time today. Here is what we agreed."),
    ("הצעת המחיר שלך", "מצורפת הצעת המחיר, אשמח לעבור עליה יחד."),
    ("הצעדים הבאים", "תודה על הזמן היום, הנה מה שסיכמנו."),
)
# given name, family name, e-mail
STAFF = (
    ("Noa", "Shalev", "noa@kesher.example"),
    ("Daniel", "Peretz", "daniel@kesher.example"),
    ("Maya", "Stern", "maya@kesher.example"),
    ("Amir", "Khoury", "amir@kesher.example"),
    ("Rachel", "Green", "rachel@kesher.example"),
    ("Tom", "Baker", "tom@kesher.example"),
    ("Yael", "Azoulay", "yael@kesher.example"),
    ("Igor", "Levin", "igor@kesher.example"),
)
