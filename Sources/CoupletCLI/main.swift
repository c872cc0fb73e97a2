print("couplet")
