package demo

import (
	"strings"
	"time"
)

// Where all that is made up comes from.
const (
	seedDocs = 0x0d0c5
	seedShop = 0x5409
)

// epoch is the latest time in the data.
var epoch = time.Date(2026, time.November, 1, 12, 0, 0, 0, time.UTC)

// Words to write with. None of these lists is ever changed.
var (
	words = strings.Fields(`the a of and to in is that for it as was with be by on not he his but at are this have from
		which one you were all her she there would their we him been has when who will no more if out so up said what
		its about than into them can only other time new some could these two may first then do any like my now over
		such our man me even most made after also did many off before must well back through years where much your way
		down should because long each just state those people too mr how little good world make very year still see own
		work men day get here old life both between being under three never know same last another while us might great
		go come since against right came take used himself few house use place during high without again home around
		small however found mrs part school thought went say general once upon every left war until always away
		something fact water though public less put think almost hand enough far took head yet government system set
		better told nothing night end called find going look asked later knew point next city business group give
		naïve café façade über jalapeño smörgåsbord`)

	goods = strings.Split(`teapot|noodle bowl|rice cooker|lunch box|bread knife|chopsticks|wok|soup ladle|tea towel|apron|`+
		`Kännchen|crème brûlée torch|ちゃわん|spork|thermos|cutting board|salt mill|cake tin|whisk|picnic basket`, "|")

	cities = strings.Split(`Berlin|Łódź|São Paulo|København|Zürich|東京|Αθήνα|Київ|Reykjavík|القاهرة|Hà Nội|İstanbul|New York|`+
		`Saint John's|Aix-en-Provence|Plzeň|Tromsø|Montréal`, "|")

	firstNames = strings.Fields(`Ada Zoë José Łukasz Nguyễn Søren 花子 太郎 Ólafur Aoife Mehmet Олена Νίκος فاطمة Priya Björk Anne-Marie D'Arcy`)
	lastNames  = strings.Fields(`Müller O'Brien García Kowalski 山田 鈴木 Jónsdóttir Шевченко Παπαδόπουλος Yılmaz Nguyễn Smith "Ace"-Jones Sørensen`)
	states     = strings.Fields(`new paid packed sent sent sent delivered delivered delivered delivered returned`)
)
