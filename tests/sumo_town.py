"""A town small enough to read, in SUMO's files: a street with a side street, a signal if wanted, a bus lane, two stops.

w (2 lanes, 200 m) --- c --- e (2 lanes, 300 m, the curb lane for buses) --- end
                       |
                       s (1 lane, 150 m), which turns into e and gives way to w
"""

import re
from pathlib import Path

NET = """<net version="1.20">
    <edge id=":c_0" function="internal">
        <lane id=":c_0_0" index="0" speed="6" length="9" shape="200,-10 202,-3 208,1.6"/>
    </edge>
    <edge id=":c_1" function="internal">
        <lane id=":c_1_0" index="0" speed="13.89" length="10" shape="198,-1.6 208,-1.6"/>
        <lane id=":c_1_1" index="1" speed="13.89" length="10" shape="198,1.6 208,1.6"/>
    </edge>
    <edge id="w" from="a" to="c" priority="2">
        <lane id="w_0" index="0" speed="13.89" length="200" shape="-2,-1.6 198,-1.6"/>
        <lane id="w_1" index="1" speed="13.89" length="200" shape="-2,1.6 198,1.6"/>
    </edge>
    <edge id="s" from="b" to="c" priority="1">
        <lane id="s_0" index="0" speed="8.33" length="150" shape="200,-160 200,-10"/>
    </edge>
    <edge id="e" from="c" to="d" priority="2">
        <lane id="e_0" index="0" allow="bus" speed="13.89" length="300" shape="208,-1.6 508,-1.6"/>
        <lane id="e_1" index="1" speed="13.89" length="300" shape="208,1.6 508,1.6"/>
    </edge>
    <edge id="path" from="b" to="a">
        <lane id="path_0" index="0" allow="pedestrian" speed="2" length="90" shape="0,0 9,9"/>
    </edge>
    <tlLogic id="c" type="static" programID="0" offset="5">
        <phase duration="10" state="rGG"/><phase duration="3" state="ryy"/><phase duration="7" state="grr"/>
        <phase duration="3" state="yrr"/><phase duration="6" state="rGG"/><phase duration="3" state="ryy"/>
        <phase duration="8" state="rrr"/>
    </tlLogic>
    <junction id="a" type="dead_end" x="-2" y="0" incLanes="" intLanes="" shape="0,0"/>
    <junction id="b" type="dead_end" x="200" y="-160" incLanes="" intLanes="" shape="0,0"/>
    <junction id="d" type="dead_end" x="508" y="0" incLanes="e_0 e_1" intLanes="" shape="0,0"/>
    <junction id="c" type="priority" x="200" y="0" incLanes="s_0 w_0 w_1" intLanes=":c_0_0 :c_1_0 :c_1_1" shape="0,0">
        <request index="0" response="110" foes="110" cont="0"/>
        <request index="1" response="000" foes="001" cont="0"/>
        <request index="2" response="000" foes="001" cont="0"/>
    </junction>
    <connection from="s" to="e" fromLane="0" toLane="1" via=":c_0_0" dir="r" state="m"/>
    <connection from="w" to="e" fromLane="0" toLane="0" via=":c_1_0" dir="s" state="M"/>
    <connection from="w" to="e" fromLane="1" toLane="1" via=":c_1_1" dir="s" state="M"/>
</net>
"""
BACK = (
    NET.replace('<edge id="path"', '<edge id="back" from="d" to="a">'
    '<lane id="back_0" index="0" speed="13.89" length="500" shape="508,9 -2,9"/></edge>\n    <edge id="path"')
    .replace("</net>", '<connection from="e" to="back" fromLane="1" toLane="0" dir="t"/>'
    '<connection from="back" to="w" fromLane="0" toLane="0" dir="t"/></net>')
)  # fmt: skip
"""The town with a street `back` from where e ends to where w begins, so that one can drive round."""
TYPES = """<additional>
    <vType id="car" accel="2" decel="4" sigma="0" tau="1.2" minGap="2" length="4" speedFactor="1.1" maxSpeed="20"/>
    <vType id="bus" vClass="bus" sigma="0" speedFactor="1"/>
    <vTypeDistribution id="mixed">
        <vType id="small" probability="0.75" length="4"/><vType id="large" vClass="truck" probability="0.25"/>
    </vTypeDistribution>
    <busStop id="school" lane="e_0" startPos="100" endPos="-180"/>
    <parkingArea id="yard" lane="e_1" startPos="50" endPos="70"/>
</additional>
"""
ROUTES = """<routes>
    <route id="through" edges="w e"/>
    <vehicle id="first" type="car" depart="0" route="through"/>
    <vehicle id="line 3" type="bus" depart="5"><route edges="w e"/><stop busStop="school" duration="20"/></vehicle>
    <trip id="side" type="car" depart="9.5" from="s" to="e"/>
    <flow id="some" type="mixed" begin="10" end="110" number="40" from="w" to="e"/>
    <person id="walker" depart="0"><walk edges="path"/></person>
</routes>
"""


def with_bus_turn(allow: str = "bus") -> str:
    """Return the network with an edge n beyond c, to which w alone leads, over a turn for these classes."""
    net = NET.replace(
        '<edge id="w"',
        f"""<edge id=":c_2" function="internal">
        <lane id=":c_2_0" index="0" allow="{allow}" speed="8" length="12" shape="198,1.6 205,4 208,10"/>
    </edge>
    <edge id="n" from="c" to="north">
        <lane id="n_0" index="0" speed="13.89" length="250" shape="208,10 208,260"/>
    </edge>
    <edge id="w\"""",
    )
    turns = "".join(f'<connection from="w" to="n" fromLane="{n}" toLane="0" via=":c_2_0" dir="l"/>' for n in range(2))
    end = '<junction id="north" type="dead_end" x="208" y="260" incLanes="n_0" intLanes="" shape="0,0"/>'
    return re.sub("<request .*/>", "", net).replace("</net>", f"{end}{turns}</net>")


def with_signal(net: str = NET) -> str:
    """Return the network with its signal switched on: s is connection 0, w 1 and 2."""
    for n, link in enumerate((":c_0_0", ":c_1_0", ":c_1_1")):
        net = net.replace(f'via="{link}"', f'via="{link}" tl="c" linkIndex="{n}"')
    return net


def write(folder: Path, net: str = NET, routes: str = ROUTES, types: str = TYPES) -> tuple[Path, Path, list[Path]]:
    """Write the three files; return their paths as the import takes them."""
    files = (folder / "town.net.xml", folder / "town.rou.xml", folder / "town.add.xml")
    for file, text in zip(files, (net, routes, types), strict=True):
        file.write_text(text, encoding="utf-8")
    return files[0], files[1], [files[2]]
