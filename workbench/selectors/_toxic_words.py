"""Our own list of toxic words, English and Chinese, written by hand and short enough to be read: offensive on purpose.

It holds words that hardly mean anything else and, as exceptions, what they do mean elsewhere. No neutral name of a group of people stands in it: a
group counts only beside what is wished on it or said of it, the same words for all groups (``<group>``). Mild words (``damn``, ``crap``), words that
are mostly something else (``cock``, ``dyke``, ``queer``, 垃圾, 操) and diagnoses are left out; the format is that of ``read_lexicon``.
"""

from __future__ import annotations

from typing import Final

TOXIC: Final = """
[profanity]
fuck*
motherfuck*
mother fucker*
shit
shits
shitt*
shithead*
shithole*
bullshit*
dipshit*
ass
asses
asshole*
arsehole*
dumbass*
jackass*
cunt*
cocksuck*
suck my dick
suck my cock
a dick
dickhead*
dicks
twat*
wank*
bollocks
piss off
pissed off
pussy
pussies
jizz
stfu
gtfo
他妈的
他媽的
妈了个
操你
草你妈
草泥马
艹你
你妈逼
妈逼
傻逼
傻屄
傻B
煞笔
鸡巴
狗屁
放屁
牛逼
[insult]
bitch*
bastard*
whore*
slut*
skank*
douche
douchebag*
scumbag*
moron
morons
moronic
imbecile*
dimwit*
halfwit*
shut the hell up
piece of garbage
piece of trash
waste of space
<you> stupid
<you> dumb
<you> ugly
<you> pathetic
<you> disgusting
<you> worthless
<you> idiot*
<you> loser*
<you> fool
<you> pig
<you> scum
<you> prick
贱人
賤人
贱货
婊子
王八蛋
混蛋
滚蛋
滾蛋
狗东西
人渣
畜生
白痴
蠢货
脑残
智障
废物
不要脸
[slur]
nigger*
nigga*
kike
kikes
spic
spics
chink
chinks
gook
gooks
wetback*
raghead*
towelhead*
sandnigger*
faggot*
fag
fags
shemale*
tranny
trannies
retard
retards
retarded
libtard*
stupid <group>
dumb <group>
filthy <group>
dirty <group>
disgusting <group>
vile <group>
worthless <group>
<group> are disgusting
<group> are stupid
<group> are filthy
<group> are vermin
<group> are animals
<group> are inferior
<group> is disgusting
being <group> is disgusting
支那
黑鬼
死基佬
死同性恋
[threat]
kill yourself
kill urself
kys
go die
hope you die
i will kill you
i'll kill you
going to kill you
gonna kill you
kill <group>
murder <group>
destroy <group>
exterminate <group>
hate <group>
death to <group>
<group> should die
<group> must die
去死
弄死你
杀了你
死全家
杀光<group>
去死吧<group>
讨厌<group>
[exceptions]
the word {}
the words {}
the term {}
the slur {}
the expression {}
the insult {}
the epithet {}
{} is a slur
{} is a derogatory
{} is an offensive
{} is offensive
called me a {}
{}一词
{}这个词
{}一詞
{}是骂人
{}是侮辱
wild ass
wild asses
rode on an ass
riding on an ass
upon an ass
ass's
ox and ass
ox or ass
jenny ass
ass and foal
laughing jackass*
pussy cat
pussy cats
pussycat
pussy willow*
pussy riot*
pussy foot*
bitch and her pup*
bitch whelp*
brood bitch*
chink in the
chinks in the
chink of light
spic and span
bundle of faggot*
faggots and peas
faggot of stick*
faggots of stick*
tranny fluid
retard the
retards the
retarded the
retarded by
retarded growth
flame retard*
spotted dicks
william the bastard
bastard sword*
bastard title*
wankel
to kill
to murder
to destroy
to exterminate
to hate
not hate
don't hate
not kill
never kill
stop hate
他妈妈
他媽媽
操你的心
操你心
放屁虫
放屁蟲
去死皮
去死角
去死机
去死亡
智障人士
智障儿童
智障者
智障学生
智障教育
废物利用
废物处理
废物回收
废物管理
废物箱
医疗废物
放射性废物
工业废物
固体废物
危险废物
代谢废物
印度支那
交趾支那
畜生道
《白痴》
不讨厌
"""
