"""SimPy: who may, and when: berths, crossings on foot, and the world as travellers know it."""
