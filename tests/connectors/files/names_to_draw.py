"""Names and cities as lists have them, by language, beside those that we count letters in."""

from typing import Final

NAMES: Final[dict[str, str]] = {
    "French": (
        "Hélène Lefèvre Geneviève Mercier François Gérard André Benoît Agnès Thérèse Eugène Noël "
        "Dupont Martin Durand Leroy Moreau Petit Céline Aurélie Jérôme Stéphane Mathéo Gaétan "
        "Delphine Crépeau Lachaîne Pâquet Forêt Beauséjour Gagné Hébert Anaïs Loïc Saône Orléans "
        "Nîmes Besançon Béziers Paris Lyon Bordeaux Sète Compiègne Alençon Châteaudun"
    ),
    "Spanish": (
        "Peña Muñoz José García Martínez López Rodríguez Sánchez Íñigo Núñez Begoña Ángel Raúl "
        "Carmen Pilar Antonio Manuel Ruiz Torres Romero Navarro Belén Cristóbal Espinoza Zárate "
        "Logroño Cádiz Málaga Madrid Sevilla Córdoba León Ávila Bogotá Cúcuta Güiza Agüero Piñera "
        "Quiñones Bermúdez Calderón Ordóñez Álvaro Joaquín Inés Mónica"
    ),
    "Portuguese": (
        "João Conceição Gonçalves Simões Magalhães Antônio Patrícia Luís Araújo Silva Santos "
        "Ferreira Pereira Oliveira Costa Fernando Paula Sebastião Assunção Falcão Fundão Covilhã "
        "São Luís Maranhão Lisboa Porto Évora Setúbal Brandão Mourão Vitória Cláudia Inês Otávio "
        "Camões Leça Guimarães Estêvão Jacó Zenóbio Luzia Irmã"
    ),
    "Italian": (
        "Niccolò Nicolò Cantù Donà Martin Rossi Bianchi Ferrari Zanè Giulia Marco Paolo Francesca "
        "Esposito Ricci Romano Colombo Forlì Roma Milano Torino Cefalù Mondovì Orrù Patanè Salò "
        "Laganà Zappalà Barillà Bernabò Muccià Fabbri Via Libertà Trinità Agrò Cutrì Nardò"
    ),
    "German": (
        "Müller Schäfer Jörg Groß Köhler Weiß Jürgen Björn Fröhlich Schmidt Meyer Weber Wagner "
        "Becker Schulz Hoffmann Lünemann Böttcher Jäger Krüger Straßer Österle Übelhör Ärmel "
        "Käthe Günther Zürich München Köln Düsseldorf Berlin Hamburg Gießen Lörrach Hauptstraße "
        "Schröder Höß Preuß Möbius Gräf Süß"
    ),
    "Danish": (
        "Søren Ærø Jørgensen Sørensen Kjær Østergaard Bjørn Åge Nielsen Hansen Pedersen Larsen "
        "Mette Lars Anne Kirsten Nørgaard Bøgelund Håkonsen Græsted Tårnby Rødovre København "
        "Odense Aalborg Køge Sæby Næstved Åbenrå Møller Højgaard Skjærbæk Ågerup Lærke Frøslev Læsø"
    ),
    "Swedish": (
        "Åsa Öberg Sjöström Björk Håkan Göran Lindström Ström Sjögren Andersson Johansson Karlsson "
        "Nilsson Erik Anna Karin Mårten Bäckman Ångermanland Älvdalen Öland Malmö Göteborg "
        "Stockholm Västerås Örebro Umeå Jönköping Märta Pär Sköld Täby Hällgren Årsta Löfven Rönn"
    ),
    "Polish": (
        "Kowalski Wiśniewski Wójcik Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski "
        "Kozłowski Mazur Król Stępień Zając Łukasz Michał Paweł Małgorzata Agnieszka Elżbieta "
        "Grażyna Żaneta Warszawa Kraków Łódź Gdańsk Poznań Świdnica Żółkiewski Ćwikliński Błażej "
        "Brzęczyszczykiewicz Gąska Jadźwing Święch Śmigły"
    ),
    "Czech": (
        "Novák Svoboda Dvořák Černý Procházka Kučera Veselý Horák Němec Marek Pospíšil Růžička "
        "Jiří Jan Petr Tomáš Zdeněk Václav Luděk Šárka Miloš Praha Brno Plzeň Děčín Ústí Žižkov "
        "Břeclav Křemílek Vochomůrka Čapek Šťovíček Řehák Ďásek Nováková Hladíková Bělohlávek"
    ),
    "Hungarian": (
        "Nagy Kovács Tóth Szabó Horváth Varga Kiss Molnár Németh Farkas Szűcs Erdős Győri Csőke "
        "Zsófia László Zoltán István Erzsébet Gergő Dezső Ágnes Éva Ödön Ürge Őry Íróné Budapest "
        "Győr Pécs Szeged Debrecen Székesfehérvár Hódmezővásárhely Jenő Fűzfői Sütő Bődi"
    ),
    "Turkish": (
        "Yılmaz Şahin Çelik Yıldız Öztürk Doğan Kılıç Çetin Koç Gülşah Çiğdem Oğuz İbrahim Ayşe "
        "Ali Mehmet Fatma Mustafa Kaya Demir Özdemir İsmail Işık Ümit Şeyma Büşra İstanbul İzmir "
        "Ankara Eskişehir Diyarbakır Muğla Iğdır Ağrı Pınarbaşı Güneş Çağrı Tuğba Kadıköy"
    ),
    "Hebrew": (
        "כהן לוי מזרחי פרץ ביטון אברהם פרידמן חדד נועם תמר איתן שירה גלעד רונית אסף הדס יואב מאיה "
        "ירושלים חיפה אשדוד רעננה נתיבות קריית שמונה עפולה צפת אלון וקנין סוויסה זגורי בוזגלו "
        "הלפרין קפלן ג'ורג' ז'בוטינסקי"
    ),
    "Russian": (
        "Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Фёдоров Морозов Волков Щербаков "
        "Александр Дмитрий Максим Сергей Анна Мария Елена Ольга Юлия Эльвира Цветкова Жукова "
        "Москва Казань Уфа Санкт-Петербург Йошкар-Ола Чебоксары Хасанов Объездчиков Яшин"
    ),
    "Greek": (
        "Παπαδόπουλος Βλάχος Αγγελόπουλος Νικολαΐδης Γεωργίου Πέτρου Δημητρίου Αλεξίου Ζαφείρης "
        "Γιώργος Μαρία Ελένη Νίκος Κώστας Άννα Όλγα Ιωάννης Έλλη Ηλίας Αθήνα Θεσσαλονίκη Πάτρα "
        "Χανιά Ρόδος Λαμία Ψυχικό Ξάνθη Χρυσούλα Ευθυμίου"
    ),
}

# The usual code page first, then others that lists in the language come in.
ENCODINGS: Final[dict[str, tuple[str, ...]]] = {
    "French": ("windows-1252", "mac-roman", "cp850"),
    "Spanish": ("windows-1252", "cp850"),
    "Portuguese": ("windows-1252",),
    "Italian": ("windows-1252",),
    "German": ("windows-1252", "mac-roman", "cp850"),
    "Danish": ("windows-1252", "cp850"),
    "Swedish": ("windows-1252",),
    "Polish": ("windows-1250", "iso-8859-2", "cp852"),
    "Czech": ("windows-1250", "iso-8859-2", "cp852"),
    "Hungarian": ("windows-1250", "iso-8859-2"),
    "Turkish": ("windows-1254",),
    "Hebrew": ("windows-1255", "iso-8859-8", "cp862"),
    "Russian": ("windows-1251", "koi8-r", "cp866", "iso-8859-5"),
    "Greek": ("windows-1253", "iso-8859-7"),
}
