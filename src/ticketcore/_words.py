"""Instants and lengths of time in the words of a language: for letters to people, not for anything that is read back.

Names and the order of the parts are facts of the Unicode CLDR (English in its short form), the units those that no number changes. A
language that is not here is told in English.
"""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from ticketcore._time import MINUTE_US, from_us


def _split(value: str) -> tuple[str, ...]:
    return tuple(value.split())


@frozen
class Words:
    """One language: weekdays from Monday, months, how a date is put together, and what day, hour and minute are called after a number."""

    weekdays: tuple[str, ...] = field(converter=_split)
    months: tuple[str, ...] = field(converter=_split)
    date: str
    units: tuple[str, ...] = field(converter=_split)
    gap: str = " "  # between a number and its unit


_ROMANCE: Final = "{w}, {d} de {m} de {y}"
_NORTH: Final = "januari februari maart april mei juni juli augustus september oktober november december"
WORDS: Final = {
    "en": Words("Mon Tue Wed Thu Fri Sat Sun", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "{w} {d} {m} {y}", "d h m", ""),
    "el": Words("Δευτέρα Τρίτη Τετάρτη Πέμπτη Παρασκευή Σάββατο Κυριακή",
                "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου Δεκεμβρίου",
                "{w} {d} {m} {y}", "η ώ λ"),
    "zh": Words("星期一 星期二 星期三 星期四 星期五 星期六 星期日", "1 2 3 4 5 6 7 8 9 10 11 12", "{y}年{m}月{d}日{w}", "天 小时 分钟", ""),
    "lv": Words("pirmdiena otrdiena trešdiena ceturtdiena piektdiena sestdiena svētdiena",
                "janvāris februāris marts aprīlis maijs jūnijs jūlijs augusts septembris oktobris novembris decembris",
                "{w}, {y}. gada {d}. {m}", "d. h min"),
    "hu": Words("hétfő kedd szerda csütörtök péntek szombat vasárnap",
                "január február március április május június július augusztus szeptember október november december",
                "{y}. {m} {d}., {w}", "nap óra perc"),
    "ru": Words("понедельник вторник среда четверг пятница суббота воскресенье",
                "января февраля марта апреля мая июня июля августа сентября октября ноября декабря", "{w}, {d} {m} {y} г.", "д. ч мин"),
    "de": Words("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
                "Januar Februar März April Mai Juni Juli August September Oktober November Dezember", "{w}, {d}. {m} {y}", "Tg. Std. Min."),
    "es": Words("lunes martes miércoles jueves viernes sábado domingo",
                "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", _ROMANCE, "d h min"),
    "et": Words("esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev",
                "jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember",
                "{w}, {d}. {m} {y}", "p t min"),
    "fr": Words("lundi mardi mercredi jeudi vendredi samedi dimanche",
                "janvier février mars avril mai juin juillet août septembre octobre novembre décembre", "{w} {d} {m} {y}", "j h min"),
    "it": Words("lunedì martedì mercoledì giovedì venerdì sabato domenica",
                "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
                "{w} {d} {m} {y}", "gg h min"),
    "ja": Words("月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日", "1 2 3 4 5 6 7 8 9 10 11 12", "{y}年{m}月{d}日{w}", "日 時間 分", ""),
    "lt": Words("pirmadienis antradienis trečiadienis ketvirtadienis penktadienis šeštadienis sekmadienis",
                "sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio gruodžio",
                "{y} m. {m} {d} d., {w}", "d. val. min."),
    "nl": Words("maandag dinsdag woensdag donderdag vrijdag zaterdag zondag", _NORTH, "{w} {d} {m} {y}", "d u m"),
    "pl": Words("poniedziałek wtorek środa czwartek piątek sobota niedziela",
                "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
                "{w}, {d} {m} {y}", "d. h min"),
    "pt": Words("segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
                "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro", _ROMANCE, "d h min"),
    "sv": Words("måndag tisdag onsdag torsdag fredag lördag söndag",
                "januari februari mars april maj juni juli augusti september oktober november december", "{w} {d} {m} {y}", "d h min"),
    "tr": Words("Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar",
                "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık", "{d} {m} {y} {w}", "gün sa. dk."),
    "uk": Words("понеділок вівторок середа четвер пʼятниця субота неділя",
                "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
                "{w}, {d} {m} {y} р.", "дн. год хв"),
}  # fmt: skip


def words_of(language: str) -> Words:
    """The words of a language by its tag: ``el``, ``el-GR``, ``zh_Hant``; English for one that is not known.

    >>> words_of("el-GR").weekdays[0], words_of("xx").weekdays[0]
    ('Δευτέρα', 'Mon')
    """
    return WORDS.get(language.replace("_", "-").partition("-")[0].lower(), WORDS["en"])


def instant_in_words(us: int, zone: str, language: str = "") -> str:
    """An instant as people of that language read it, in *zone*.

    >>> instant_in_words(0, "Europe/Athens"), instant_in_words(0, "Europe/Athens", "el")
    ('Thu 1 Jan 1970 02:00 (Europe/Athens)', 'Πέμπτη 1 Ιανουαρίου 1970 02:00 (Europe/Athens)')
    """
    words, local = words_of(language), from_us(us).in_timezone(zone)
    date = words.date
    for mark, value in (
        ("{w}", words.weekdays[local.weekday()]), ("{m}", words.months[local.month - 1]), ("{d}", str(local.day)), ("{y}", str(local.year)),
    ):  # fmt: skip
        date = date.replace(mark, value)
    return f"{date} {local.hour:02}:{local.minute:02} ({zone})"


def length_in_words(us: int, language: str = "") -> str:
    """A length of time in days, hours and minutes, begun minutes counted whole; nothing or less is no minutes.

    >>> length_in_words(90_000_000), length_in_words(26 * 3_600_000_000, "ru"), length_in_words(0, "zh")
    ('2m', '1 д. 2 ч', '0分钟')
    """
    words = words_of(language)
    minutes = max(0, -(-us // MINUTE_US))
    counts = (minutes // 1440, minutes // 60 % 24, minutes % 60)
    parts = [f"{count}{words.gap}{unit}" for count, unit in zip(counts, words.units, strict=True) if count]
    return " ".join(parts) or f"0{words.gap}{words.units[2]}"
