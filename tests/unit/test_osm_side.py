"""On which side a country drives, told from a position."""

import pytest

from sim.formats.osm_side import traffic_side

LEFT = {
    "London": (-0.12, 51.5), "Dover": (1.31, 51.13), "Dublin": (-6.26, 53.35), "Valletta": (14.5, 35.9),
    "Nicosia": (33.36, 35.17), "Tokyo": (139.7, 35.68), "Fukuoka": (130.4, 33.59), "Naha": (127.68, 26.2),
    "Hong Kong": (114.17, 22.3), "Sheung Shui": (114.127, 22.505), "Macau": (113.545, 22.195),
    "Delhi": (77.2, 28.6), "Dhaka": (90.4, 23.8), "Lahore": (74.35, 31.55), "Kathmandu": (85.32, 27.7),
    "Colombo": (79.86, 6.93), "Bangkok": (100.5, 13.75), "Nong Khai": (102.74, 17.87), "Singapore": (103.82, 1.35),
    "Kuala Lumpur": (101.69, 3.14), "Jakarta": (106.85, -6.2), "Perth": (115.86, -31.95),
    "Sydney": (151.2, -33.87), "Auckland": (174.76, -36.85), "Suva": (178.44, -18.14), "Nairobi": (36.82, -1.29),
    "Kampala": (32.58, 0.31), "Lusaka": (28.3, -15.42), "Cape Town": (18.42, -33.93), "Georgetown": (-58.15, 6.8),
    "Kingston": (-76.8, 18.0), "Nassau": (-77.35, 25.05), "Bridgetown": (-59.6, 13.1),
}  # fmt: skip
RIGHT = {
    "Nanjing": (118.78, 32.04), "Chongqing": (106.46, 29.54), "Shenzhen": (114.057, 22.545), "Zhuhai": (113.57, 22.27),
    "Lhasa": (91.1, 29.65), "Taipei": (121.56, 25.03), "Busan": (129.07, 35.18), "Helsinki": (24.94, 60.17),
    "Bad Hersfeld": (9.7, 50.87), "Calais": (1.85, 50.95), "Porto Alegre": (-51.2, -30.03), "Beatty": (-116.76, 36.9),
    "Yangon": (96.15, 16.8), "Vientiane": (102.6, 17.97), "Phnom Penh": (104.9, 11.55), "Manila": (121, 14.6),
    "Kabul": (69.2, 34.53), "Tehran": (51.4, 35.7), "Lubumbashi": (27.48, -11.66), "Kigali": (30.06, -1.95),
    "Luanda": (13.23, -8.84), "Mogadishu": (45.32, 2.04), "Miami": (-80.19, 25.77), "Havana": (-82.38, 23.13),
    "Cayenne": (-52.33, 4.93), "Noumea": (166.45, -22.27),
}  # fmt: skip


@pytest.mark.parametrize("city", LEFT)
def test_left_hand_traffic_is_told(city):
    assert traffic_side(*LEFT[city]) == "left"


@pytest.mark.parametrize("city", RIGHT)
def test_right_hand_traffic_is_told(city):
    assert traffic_side(*RIGHT[city]) == "right"
